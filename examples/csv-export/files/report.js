// A changed filter is a new request.
document.querySelector("form").addEventListener("change", (event) => event.currentTarget.submit());

// The export: shows how far it is, and says so when the stream breaks off. Without this script the link works as a link.
const link = document.querySelector("a.export");
const state = document.querySelector(".export-state");

function show(name, text) {
  state.dataset.state = name;
  state.textContent = text;
}

async function parts(response) {
  const parts = [];
  let bytes = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return parts;
    parts.push(value);
    bytes += value.length;
    show("running", `Exporting: ${Math.round(bytes / 1000)} kB`);
  }
}

function save(parts) {
  const file = document.createElement("a");
  file.href = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  file.download = link.download;
  file.click();
  URL.revokeObjectURL(file.href);
}

link.addEventListener("click", async (event) => {
  event.preventDefault();
  show("running", "Exporting…");
  try {
    const response = await fetch(link.href);
    if (!response.ok) throw new Error(`status ${response.status}`);
    save(await parts(response));
    show("done", "Exported.");
  } catch (why) {
    show("failed", `The export failed (${why.message}). Try again.`);
  }
});

// A changed filter is a new request.
document.querySelector("form").addEventListener("change", (event) => event.currentTarget.submit());

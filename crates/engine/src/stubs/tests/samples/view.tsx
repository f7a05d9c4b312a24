import * as React from "react";

type Props<T> = { rows: readonly T[]; onPick?: (row: T) => void };

/** A list of rows. */
export const List = <T extends { id: string }>({ rows, onPick }: Props<T>): JSX.Element => (
  <ul>
    {rows.map((row) => <li key={row.id} onClick={() => onPick?.(row)}>GONE</li>)}
  </ul>
);

export const Field = React.forwardRef<HTMLInputElement, { name: string }>(({ name }, ref) => {
  return <input ref={ref} name={name} placeholder="GONE" />;
});

export default function App(): JSX.Element {
  return <List rows={[{ id: "GONE" }]} />;
}

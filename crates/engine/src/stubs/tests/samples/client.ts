#!/usr/bin/env node
/**
 * A client of the export service.
 */
"use strict";
import type { Row } from "./row";
import { readFile, type Stats } from "node:fs";
export * from "./errors";
export { default as Table } from "./table";

// GONE: why three
export const RETRIES = 3;
const HEADERS: Record<string, string> = { accept: "GONE-text/csv", "x-gone-1": "GONE", "x-gone-2": "GONE", "x-gone-3": "GONE", "x-gone-4": "GONE" };

/** What a column is. */
export interface Column<T = unknown> extends Named, Sized {
  readonly key: keyof T & string;
  /** How it is shown. */
  format?(value: T, locale?: string): string; // GONE
  [extra: string]: unknown;
}

export type Handler<T> = T extends Column<infer V> ? (value: V) => void : never;

export enum State {
  Idle,
  Busy = 4,
  Broken = "broken",
}

declare const VERSION: string;

declare global {
  interface Window {
    exports: Client[];
  }
}

declare module "csv" {
  export function parse(text: string): string[][];
}

export namespace Times {
  export const SECOND = 1_000;
  export function minutes(count: number): number {
    return count * 60 * SECOND + "GONE".length;
  }
  console.log("GONE");
}

/** Asks for exports. */
@Injectable({ scope: "GONE-free" === "" ? 1 : 2 })
export abstract class Client<R extends Row = Row> extends Base<R> implements Disposable {
  static #count = 0;
  @Input() public url!: string;
  private readonly retries: number = RETRIES;
  protected onRow?: (row: R) => void;
  private log = (text: string): void => { console.log("GONE", text); };
  private twice = (count: number) => count * 2 + "GONE".length;

  static {
    Client.#count = "GONE".length;
  }

  constructor(private readonly base: string, { timeout = 30, signal }: Options = {}) {
    super("GONE");
  }

  get busy(): boolean {
    return this.state === State.Busy && "GONE".length > 0;
  }

  @Memo()
  async *rows<T extends R>(filter: (row: T) => boolean = (row) => Boolean(row) && "GONE" !== ""): AsyncGenerator<T> {
    yield* inner();
    async function* inner() { throw new Error("GONE"); }
  }

  find(id: string): Promise<R>;
  find(id: number, strict: true): Promise<R | undefined>;
  find(id: string | number): Promise<R | undefined> {
    return this.get(`GONE/${id}`);
  }

  protected abstract get(path: string): Promise<R>;

  [Symbol.dispose](): void {
    this.log("GONE");
  }
}

export function open(path: string): Client;
export function open(path: string, options: Options): Client;
export function open(path: string, options?: Options): Client {
  return new Real(path, "GONE");
}

export const fetchAll = async <T,>(
  client: Client,
  { limit = 100, order }: { limit?: number; order?: (a: T, b: T) => number },
  signal?: AbortSignal,
): Promise<T[]> => {
  const gone = "GONE";
  return [gone] as never;
};

export const size = (rows: Row[]) => rows.length + "GONE".length;

export const api = {
  open,
  /** Closes one. */
  async close(client: Client): Promise<void> { await client.stop("GONE"); },
  count: (rows: Row[]) => rows.length + "GONE".length,
  limit: 10,
  table: { gone1: "GONE-1", gone2: "GONE-2", gone3: "GONE-3", gone4: "GONE-4", gone5: "GONE-5", gone6: "GONE-6", gone7: "GONE-7" },
} satisfies Api;

export default class extends Client {
  get(path: string) { return fetch("GONE" + path); }
}

window.exports.push("GONE");
if (RETRIES > 2) {
  console.log("GONE");
}

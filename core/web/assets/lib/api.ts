/** JSON requests of the page's own islands: CSRF, errors as sentences, sign-in that ran out. */

import { word } from "./words";

/** An answer that is not what was asked for; `message` is a sentence for the person. */
export class Fault extends Error {
  constructor(
    message: string,
    /** HTTP status; 0 where there is no connection. */
    readonly status: number,
    /** Number of the error in the log, empty if it has none. */
    readonly id: string = "",
    /** What is wrong by field. */
    readonly fields: Record<string, string> = {},
  ) {
    super(message);
  }

  /** Whether the same request may succeed later: no connection, no session, too much at once, a broken portal. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500;
  }
}

export interface Asked {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON. */
  body?: unknown;
  signal?: AbortSignal;
  /** The same key on a repeated attempt: the server does the work once. */
  idempotencyKey?: string;
  /** Goes on although the page is being left, e.g. for the last cell typed. */
  keepalive?: boolean;
}

/** The token that proves a change comes from our own page. */
export function csrfToken(): string {
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}") as Record<string, string>;
  return headers["x-csrf-token"] ?? "";
}

/** A key for one intended change. */
export function idempotencyKey(): string {
  return typeof crypto.randomUUID === "function"
    ? crypto.randomUUID()
    : Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Asks the portal and gives the decoded answer (undefined for an empty one); throws Fault. */
export async function api<T>(url: string, asked: Asked = {}): Promise<T> {
  const method = asked.method ?? (asked.body === undefined ? "GET" : "POST");
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET") {
    headers["x-csrf-token"] = csrfToken();
    headers["idempotency-key"] = asked.idempotencyKey ?? idempotencyKey();
  }
  if (asked.body !== undefined) headers["content-type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(url, {
      method, headers, credentials: "same-origin",
      ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
      ...(asked.signal ? { signal: asked.signal } : {}),
      ...(asked.keepalive ? { keepalive: true } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Fault(word("offline"), 0);
  }
  if (!answer.ok) throw faultOf(answer.status, await answer.text());
  const text = await answer.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** Asks for a page or a part of one; throws Fault. */
export async function pageAt(url: string, headers: Record<string, string> = {}): Promise<Document> {
  let answer: Response;
  try {
    answer = await fetch(url, { credentials: "same-origin", headers });
  } catch {
    throw new Fault(word("offline"), 0);
  }
  const text = await answer.text();
  if (!answer.ok) throw faultOf(answer.status, text);
  return new DOMParser().parseFromString(text, "text/html");
}

/** Makes a Fault of an answer's status and body: a problem document, or a page that cannot be shown here. */
export function faultOf(status: number, text: string): Fault {
  let problem: Record<string, unknown> = {};
  try {
    problem = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A proxy before the portal answers with a page of its own.
  }
  const said = (key: string): string => (typeof problem[key] === "string" ? (problem[key] as string) : "");
  const sentence = [said("title"), said("detail")].filter(Boolean).join(" ");
  if (status === 401) document.dispatchEvent(new CustomEvent("portal:sign-in-needed", { detail: { cause: said("cause") ? sentence : "" } }));
  const fields = typeof problem["fields"] === "object" && problem["fields"] ? problem["fields"] : {};
  const known = status === 401 ? word("signedOut") : status === 413 ? word("tooLarge") : word("failed");
  return new Fault(sentence || known, status, said("error_id") || said("id"), fields as Record<string, string>);
}

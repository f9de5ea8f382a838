/** An answer of the API, read to its end. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body, without the API key. */
  readonly text: string;
}

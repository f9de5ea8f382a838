/** The filters of the list by the names of the API and of the page's address. */
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

export const FILTER_NAMES = [
  'q',
  'event',
  'signature',
  'outcome',
  'replayed',
  'since',
  'until',
] as const;

export type FilterName = (typeof FILTER_NAMES)[number];

/** The place a page shows: which captures, and which of them is open. */
export interface Place {
  readonly filters: Filters;
  readonly capture: string | null;
}

export function readPlace(search: string): Place {
  const parameters = new URLSearchParams(search);
  const filters: Partial<Record<FilterName, string>> = {};
  for (const name of FILTER_NAMES) {
    const value = parameters.get(name);
    if (value !== null && value !== '') filters[name] = value;
  }
  return { filters, capture: parameters.get('capture') };
}

/** The query of the address; it begins with `?`, or is empty. */
export function formatPlace({ filters, capture }: Place): string {
  const parameters = toParameters(filters);
  if (capture !== null) parameters.set('capture', capture);
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

export function toParameters(filters: Filters): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const name of FILTER_NAMES) {
    const value = filters[name];
    if (value !== undefined && value !== '') parameters.set(name, value);
  }
  return parameters;
}

export function isFiltered(filters: Filters): boolean {
  return FILTER_NAMES.some((name) => filters[name] !== undefined);
}

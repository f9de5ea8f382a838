/** The event's name for people; `(no event)` if it is missing or empty. */
export function eventName(event: string | null): string {
  return event === null || event === '' ? '(no event)' : event;
}

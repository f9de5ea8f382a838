/** The event as people read it; a request may have none, or an empty one. */
export function eventName(event: string | null): string {
  return event === null || event === '' ? '(no event)' : event;
}

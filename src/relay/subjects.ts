/** Matches an event type that can be part of a subject. */
const EVENT = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** The last part of the subject of events without a type, or with a type that a subject cannot contain. */
const OTHER_EVENTS = '_other';

/** The stream of a team: `RELYABLE_acme`. */
export function streamOf(team: string): string {
  return `RELYABLE_${team}`;
}

/** All subjects of a team. */
export function subjectsOf(team: string): string {
  return `relyable.${team}.>`;
}

/** The subject of an event, e.g. `relyable.acme.test_run.completed`. Types that a subject cannot contain share one subject. */
export function subjectOf(team: string, event: string | null): string {
  const isSafe = event !== null && event.length <= 100 && EVENT.test(event);
  return `relyable.${team}.${isSafe ? event : OTHER_EVENTS}`;
}

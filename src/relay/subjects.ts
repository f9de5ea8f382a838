/** An event type that can be part of a subject as it is. */
const EVENT = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** The subject of events without a type, or with one that a subject cannot hold. */
const OTHER_EVENTS = '_other';

/** The stream of a team: `RELYABLE_acme`. */
export function streamOf(team: string): string {
  return `RELYABLE_${team}`;
}

/** All subjects of a team. */
export function subjectsOf(team: string): string {
  return `relyable.${team}.>`;
}

/** `relyable.acme.test_run.completed`. Types come from senders: others than a subject holds share one. */
export function subjectOf(team: string, event: string | null): string {
  const isSafe = event !== null && event.length <= 100 && EVENT.test(event);
  return `relyable.${team}.${isSafe ? event : OTHER_EVENTS}`;
}

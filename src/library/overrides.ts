import { applyOverrides } from '../json/overrides.ts';
import type { JsonObject, JsonValue } from '../json/json-value.ts';
import type { EventOf, EventType } from './events.ts';

/**
 * New values by path, e.g. `{ 'data.score': 12.5, 'data.scenarios_tested.0': 'buying' }`. A field set to
 * undefined is left out.
 */
export type Overrides<T extends EventType> = {
  [P in PathOf<EventOf<T>>]?: At<EventOf<T>, P> | undefined;
};

/** The paths of an object's fields, with dots. */
type PathOf<V> = {
  [K in keyof V & string]: K | `${K}.${StepsInto<V[K]>}`;
}[keyof V & string];

type StepsInto<V> = V extends readonly unknown[]
  ? `${number}`
  : V extends object
    ? PathOf<V>
    : never;

/** The type at a path. */
type At<V, P extends string> = P extends `${infer K}.${infer Rest}`
  ? K extends keyof V
    ? At<V[K], Rest>
    : never
  : P extends keyof V
    ? V[P]
    : V extends readonly (infer Item)[]
      ? Item
      : never;

/** A copy of the payload with the new values. */
export function override(
  payload: JsonObject,
  overrides: Readonly<Record<string, unknown>>,
): JsonObject {
  const edited = applyOverrides(
    payload,
    Object.entries(overrides).map(([path, value]) => ({
      path: path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
      value: value as JsonValue,
    })),
    '',
  );
  // What is undefined is left out here, as JSON leaves it out.
  return JSON.parse(JSON.stringify(edited)) as JsonObject;
}

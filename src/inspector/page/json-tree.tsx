import { useState } from 'preact/hooks';
import { safe } from './format.ts';
import { ExactNumber } from './payload.ts';

/** Levels that are open at first. */
const OPEN_LEVELS = 3;
/** Members that are shown at a time. */
const SHOWN = 100;

/** JSON as a tree whose branches open and close; only open ones are elements. */
export function JsonTree({ value }: { readonly value: unknown }) {
  return (
    <div class="json">
      <JsonNode value={value} level={0} />
    </div>
  );
}

function JsonNode(props: {
  readonly name?: string;
  readonly value: unknown;
  readonly level: number;
}) {
  const { name, value, level } = props;
  const [isOpen, setOpen] = useState(level < OPEN_LEVELS);
  const [shown, setShown] = useState(SHOWN);
  const label = name === undefined ? null : <span class="json-key">{safe(name)}: </span>;
  if (!isBranch(value)) {
    return (
      <div class="json-line">
        {label}
        <JsonLeaf value={value} />
      </div>
    );
  }
  const isList = Array.isArray(value);
  const keys = Object.keys(value);
  const summary = isList ? `[${keys.length}]` : `{${keys.length}}`;
  return (
    <div class="json-branch">
      <button
        type="button"
        class="json-toggle"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
        <span class="dim">{summary}</span>
      </button>
      {isOpen && (
        <div class="json-members">
          {keys.slice(0, shown).map((key) => (
            <JsonNode
              key={key}
              name={key}
              value={(value as Record<string, unknown>)[key]}
              level={level + 1}
            />
          ))}
          {keys.length > shown && (
            <button type="button" class="quiet" onClick={() => setShown(shown + 10 * SHOWN)}>
              {`${keys.length - shown} more`}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof ExactNumber);
}

/** Longer strings are cut; the exact bytes are in the other view. */
const SHOWN_CHARACTERS = 2000;

function JsonLeaf({ value }: { readonly value: unknown }) {
  if (typeof value === 'string') {
    const cut = value.length > SHOWN_CHARACTERS;
    return (
      <span class="json-string">
        {safe(JSON.stringify(cut ? value.slice(0, SHOWN_CHARACTERS) : value))}
        {cut && <span class="dim">{` … ${value.length} characters`}</span>}
      </span>
    );
  }
  if (value instanceof ExactNumber) return <span class="json-number">{value.source}</span>;
  return <span class="json-number">{String(value)}</span>;
}

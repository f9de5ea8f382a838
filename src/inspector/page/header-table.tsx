import { useState } from 'preact/hooks';
import type { Header } from '../api-types.ts';
import { safe } from './format.ts';

const SHOWN = 100;

/** Headers in the order and case received. */
export function HeaderTable(props: {
  readonly headers: readonly Header[];
  readonly label: string;
}) {
  const [shown, setShown] = useState(SHOWN);
  const { headers, label } = props;
  if (headers.length === 0) return <p class="dim">No headers</p>;
  return (
    <>
      <table class="headers">
        <caption class="hidden">{label}</caption>
        <tbody>
          {headers.slice(0, shown).map(([name, value], index) => (
            <tr key={index}>
              <th scope="row">{safe(name)}</th>
              <td>{safe(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {headers.length > shown && (
        <button type="button" class="quiet" onClick={() => setShown(shown + 1000)}>
          {`${headers.length - shown} more`}
        </button>
      )}
    </>
  );
}

import type { ByteExcerpt, ExplanationDocument } from '../api-types.ts';
import { markOf, safe, words } from './format.ts';

/** The verdict with its proof, its fix, and code for the project's framework. */
export function Verdict({ explanation }: { readonly explanation: ExplanationDocument }) {
  const { valid, reasons, detail, fix, body, signed, difference, tried, recipe } = explanation;
  const { tone, mark } = markOf(explanation);
  return (
    <section class={`verdict is-${tone}`} aria-labelledby="verdict">
      <h3 id="verdict">
        {`${mark} ${valid ? 'Genuine' : reasons.map(words).join(' and ')}`}
        {!valid && <code class="reason">{reasons.join(' + ')}</code>}
      </h3>
      <p>{safe(detail)}</p>
      {fix !== null && (
        <p class="fix">
          <strong>Fix</strong> {safe(fix)}
        </p>
      )}
      {difference !== null && (
        <div class="difference">
          <p class="dim">{`The bytes differ from byte ${difference.offset} on`}</p>
          <Excerpt label="here" excerpt={difference.body} />
          <Excerpt label="signed" excerpt={difference.signed} />
        </div>
      )}
      <details>
        <summary>Proof</summary>
        <dl class="facts">
          <dt>body here</dt>
          <dd>{`${body.length} bytes, SHA-256 ${body.sha256}`}</dd>
          <dt>signed</dt>
          <dd>{describeSigned(explanation)}</dd>
          {signed !== null && signed.sha256 !== body.sha256 && <dd>{safe(signed.name)}</dd>}
          {tried !== null && (
            <>
              <dt>tried</dt>
              <dd>{`${tried.bodies} forms of the body, ${tried.keys} forms of the secrets, ${tried.macs} HMACs`}</dd>
            </>
          )}
        </dl>
      </details>
      {recipe !== null && (
        <details>
          <summary>{`A handler that is right, for ${recipe.title}`}</summary>
          <pre tabIndex={0} role="region" aria-label={`Handler for ${recipe.title}`}>
            {recipe.code}
          </pre>
        </details>
      )}
    </section>
  );
}

function describeSigned({ body, signed }: ExplanationDocument): string {
  if (signed === null) return 'unknown: none of the explanations tried matches this signature';
  if (signed.sha256 === body.sha256) return 'the same bytes';
  return `${signed.length} bytes, SHA-256 ${signed.sha256}`;
}

function Excerpt({ label, excerpt }: { readonly label: string; readonly excerpt: ByteExcerpt }) {
  return (
    <p class="excerpt">
      <span class="dim">{label}</span>{' '}
      <code>
        {excerpt.before}
        <mark>{excerpt.differs === '' ? 'end' : excerpt.differs}</mark>
        {excerpt.after}
      </code>
    </p>
  );
}

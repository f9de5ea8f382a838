import { toByteText } from '../../../json/document.ts';
import { type JsonNode, objectNode, stringNode, writeTree } from '../../../json/tree.ts';
import { changeMaker, type DocumentChange } from './change.ts';

const WHOLE =
  'Compute the HMAC over the whole raw body: Relyable signs neither a part of it nor an object around it.';

const part = changeMaker('body_part', WHOLE);
const wrapped = changeMaker('body_wrapped', WHOLE);

/** The most members and items that are tried as parts. */
const MAX_PARTS = 24;

/** The parts of a document that code may sign instead of the whole document. */
export function partsOf(root: JsonNode): DocumentChange[] {
  const constant = (node: JsonNode) => () => node;
  if (root.kind === 'array') {
    const changes: DocumentChange[] = [];
    for (const [index, item] of root.items.slice(0, MAX_PARTS).entries()) {
      changes.push(part(`item ${index + 1} of ${root.items.length} of the body`, constant(item)));
      if (item.kind !== 'object') continue;
      for (const { key, value } of item.members.slice(0, MAX_PARTS)) {
        const name = `"${key.slice(0, 40)}" of item ${index + 1} of the body`;
        changes.push(part(name, constant(value)));
      }
    }
    return changes;
  }
  if (root.kind !== 'object') return [];
  const members = root.members.slice(0, MAX_PARTS);
  return [
    ...members.map(({ key, value }) =>
      part(`only "${key.slice(0, 40)}" of the body`, constant(value)),
    ),
    ...members.map((dropped) =>
      part(`the body without "${dropped.key.slice(0, 40)}"`, () => ({
        kind: 'object',
        members: root.members.filter((member) => member !== dropped),
      })),
    ),
    ...members.flatMap((member) =>
      member.value.kind === 'object'
        ? member.value.members
            .slice(0, MAX_PARTS)
            .map(({ key, value }) =>
              part(
                `only "${member.key.slice(0, 40)}.${key.slice(0, 40)}" of the body`,
                constant(value),
              ),
            )
        : [],
    ),
    ...pairsOf(root),
  ];
}

/** Two members of the root, and the root with the members of `data` moved up. */
function pairsOf(root: JsonNode & { readonly kind: 'object' }): DocumentChange[] {
  const { members } = root;
  const changes: DocumentChange[] = [];
  for (const first of members.slice(0, 6)) {
    for (const second of members.slice(0, 6)) {
      if (first === second) continue;
      changes.push(
        part(
          `only "${first.key.slice(0, 40)}" and "${second.key.slice(0, 40)}" of the body`,
          () => ({ kind: 'object', members: [first, second] }),
        ),
      );
    }
  }
  const data = members.find(({ key, value }) => key === 'data' && value.kind === 'object')?.value;
  if (data?.kind === 'object') {
    changes.push(
      part('the body with the members of "data" moved up', () => ({
        kind: 'object',
        members: members.flatMap((member) => (member.key === 'data' ? data.members : [member])),
      })),
    );
  }
  return changes;
}

const JOINS = ['.', ':', '', '|', '\n', ','] as const;

/**
 * The texts of several members joined together, e.g. `event.data`. Generated one at a time: there are
 * hundreds, and each may be as long as the body.
 */
export function* joinedParts(
  root: JsonNode,
): Generator<{ readonly change: DocumentChange; readonly bytes: Buffer }> {
  if (root.kind !== 'object') return;
  const texts = root.members.slice(0, 5).map(({ key, value }) => ({
    key: key.slice(0, 40),
    text: value.kind === 'string' ? toByteText(value.value ?? '') : writeTree(value),
  }));
  const orders: (typeof texts)[] = [];
  for (const first of texts) {
    for (const second of texts) {
      if (second === first) continue;
      orders.push([first, second]);
      for (const third of texts) {
        if (third !== first && third !== second) orders.push([first, second, third]);
      }
    }
  }
  for (const order of orders) {
    for (const mark of JOINS) {
      const names = order.map(({ key }) => `"${key}"`).join(', ');
      yield {
        change: part(`${names} of the body, joined by ${JSON.stringify(mark)}`, () => root),
        bytes: Buffer.from(order.map(({ text }) => text).join(mark), 'latin1'),
      };
    }
  }
}

const WRAPPERS = [
  'payload',
  'body',
  'data',
  'event',
  'message',
  'webhook',
  'json',
  'content',
  'raw',
  'rawBody',
  'detail',
  'request',
] as const;

/** The body inside an object or array that code put around it before it was signed. */
export const WRAPPED: readonly DocumentChange[] = [
  wrapped('the body inside an array, [<body>]', (root) => ({ kind: 'array', items: [root] })),
  ...WRAPPERS.flatMap((key) => [
    wrapped(`the body inside an object, {"${key}":<body>}`, (root) => objectNode([[key, root]])),
    wrapped(`the body as text inside an object, {"${key}":"<body>"}`, (root) =>
      objectNode([[key, stringNode(Buffer.from(writeTree(root), 'latin1').toString('utf8'))]]),
    ),
  ]),
];

import { type JsonNode, memberOf, stringNode } from '../../../json/tree.ts';
import { changeMaker, type DocumentChange } from './change.ts';

const rails = changeMaker(
  'body_reserialized',
  'Verify `request.raw_post` in Rails: params has "controller" and "action" besides the body.',
  { isCompactOnly: true },
);

const CONTROLLERS = [
  'webhooks',
  'webhook',
  'relyable',
  'relyable_webhooks',
  'webhooks/relyable',
  'api/webhooks',
  'api/v1/webhooks',
  'hooks',
  'callbacks',
] as const;
const ACTIONS = [
  'create',
  'receive',
  'relyable',
  'index',
  'handle',
  'webhook',
  'event',
  'process_webhook',
  'show',
] as const;

/** Rails' `params` for likely names of the controller and action, some of them taken from the request's path. */
export function paramsOf(path: string): DocumentChange[] {
  const words =
    path
      .split(/[?#]/)[0]
      ?.split('/')
      .filter((word) => /^[\w-]+$/.test(word)) ?? [];
  const controllers = new Set<string>([
    ...words,
    words.join('/'),
    ...words.map((word) => `${word}s`),
    ...CONTROLLERS,
  ]);
  const actions = new Set<string>([...words, ...ACTIONS]);
  const changes: DocumentChange[] = [];
  for (const controller of controllers) {
    for (const action of actions) {
      changes.push(
        rails(`Rails' params, with controller "${controller}" and action "${action}"`, (root) =>
          withParams(root, controller, action, false),
        ),
        rails(
          `Rails' params, with controller "${controller}", action "${action}" and the wrapped parameters`,
          (root) => withParams(root, controller, action, true),
        ),
      );
    }
  }
  return changes;
}

function withParams(
  root: JsonNode,
  controller: string,
  action: string,
  isWrapped: boolean,
): JsonNode | null {
  if (root.kind !== 'object') return null;
  const more = [
    memberOf('controller', stringNode(controller)),
    memberOf('action', stringNode(action)),
  ];
  // ParamsWrapper names the copy after the controller: webhooks → webhook.
  const name = (controller.split('/').at(-1) ?? controller).replace(/s$/, '');
  if (isWrapped) more.push(memberOf(name, root));
  return { kind: 'object', members: [...root.members, ...more] };
}

import { type JsonNode, mapTree, objectNode } from '../../../json/tree.ts';
import { changeMaker, type DocumentChange } from './change.ts';

const php = changeMaker(
  'body_reserialized',
  "Verify the raw bytes: in PHP `file_get_contents('php://input')`, in Laravel `$request->getContent()`. json_decode($body, true) turns {} into [], and JSON_FORCE_OBJECT turns [] into {}.",
);

function isObject(node: JsonNode): node is JsonNode & { readonly kind: 'object' } {
  return node.kind === 'object';
}

/** PHP has one type for lists and maps, so some objects become arrays and the other way round. */
export const PHP_ARRAYS: readonly DocumentChange[] = [
  php('the body with {} as [] (PHP json_decode(…, true) and json_encode)', (root) =>
    mapTree(root, (node) =>
      isObject(node) && node.members.length === 0 ? { kind: 'array', items: [] } : node,
    ),
  ),
  php('the body with [] as {} (PHP JSON_FORCE_OBJECT, or an empty object)', (root) =>
    mapTree(root, (node) =>
      node.kind === 'array' && node.items.length === 0 ? objectNode([]) : node,
    ),
  ),
  php(
    'the body with each array as an object with the keys "0", "1", … (PHP JSON_FORCE_OBJECT)',
    (root) =>
      mapTree(root, (node) =>
        node.kind === 'array'
          ? objectNode(node.items.map((item, index) => [String(index), item]))
          : node,
      ),
  ),
  php(
    'the body with each array as an object with the keys "1", "2", … (a list that lost its first item\'s place)',
    (root) =>
      mapTree(root, (node) =>
        node.kind === 'array'
          ? objectNode(node.items.map((item, index) => [String(index + 1), item]))
          : node,
      ),
  ),
  php('the body with objects whose keys are 0, 1, … as arrays (PHP)', (root) =>
    mapTree(root, (node) =>
      isObject(node) && node.members.every(({ key }, index) => key === String(index))
        ? { kind: 'array', items: node.members.map(({ value }) => value) }
        : node,
    ),
  ),
];

/** Items with a due time, the earliest first; a binary heap. */
export interface DueQueue<T> {
  readonly size: number;
  /** When the earliest is due; undefined when there is none. */
  nextAt(): number | undefined;
  add(at: number, item: T): void;
  /** Removes and returns the earliest; items due at the same time come in the order they were added. */
  take(): T | undefined;
}

interface Node<T> {
  readonly at: number;
  readonly order: number;
  readonly item: T;
}

export function createDueQueue<T>(): DueQueue<T> {
  const heap: Array<Node<T>> = [];
  let added = 0;
  const isBefore = (a: Node<T>, b: Node<T>): boolean =>
    a.at < b.at || (a.at === b.at && a.order < b.order);

  const sink = (node: Node<T>): void => {
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, node)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = node;
  };

  return {
    get size() {
      return heap.length;
    },
    nextAt: () => heap[0]?.at,
    add: (at, item) => {
      const node = { at, order: added++, item };
      let index = heap.length;
      while (index > 0) {
        const above = (index - 1) >> 1;
        const parent = heap[above];
        if (parent === undefined || !isBefore(node, parent)) break;
        heap[index] = parent;
        index = above;
      }
      heap[index] = node;
    },
    take: () => {
      const first = heap[0];
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) sink(last);
      return first?.item;
    },
  };
}

/** What test/node/jest.config.mjs says of the Node that the program runs on. */
export interface OtherNode {
  readonly major: string;
  readonly node: string;
  /** Why it cannot be run here. */
  readonly missing: string | undefined;
}

export const { otherNode } = globalThis as unknown as { readonly otherNode: OtherNode };
process.env.TEST_NODE = otherNode.node;

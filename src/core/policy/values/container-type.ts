/** A set of container types, as bits. */
export type ContainerTypeSet = number;

export const TYPE_BIT: Readonly<Record<ContainerType, ContainerTypeSet>> = {
  Container: 1,
  Sidecar: 2,
  Init: 4,
  Ephemeral: 8,
};

export const ALL_TYPES: ContainerTypeSet = 15;

export function containerTypeSet(types: readonly ContainerType[]): ContainerTypeSet {
  let set = 0;
  for (const type of types) set |= TYPE_BIT[type];
  return set;
}

export type ContainerType = 'Container' | 'Sidecar' | 'Init' | 'Ephemeral';

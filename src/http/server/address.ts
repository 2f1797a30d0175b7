/** Where a server listens. `host` without brackets; an empty one means every interface. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

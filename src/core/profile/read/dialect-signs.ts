/** Whether a profile uses something that OCI does not have: which dialect it is written in. */
export interface DialectSigns {
  docker: boolean;
  containersCommon: boolean;
}

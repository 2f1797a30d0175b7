/**
 * What is read of an AdmissionRequest, written as people write field paths: `object.spec.containers[].image`. `[]` is every entry
 * of a list, `*` every member, `**` all that is below. Each reader exports its paths beside itself; `DECISION_INPUTS` joins them.
 */
export type InputPath = string;

/** The same paths from further up. */
export function below(prefix: string, paths: readonly InputPath[]): readonly InputPath[] {
  return paths.map((path) => `${prefix}.${path}`);
}

/** `['spec', 'containers', '[]', 'image']` */
export function inputSteps(path: InputPath): readonly string[] {
  return path.replaceAll('[]', '.[]').split('.');
}

/** Whether the value is read: itself, something in it, or everything of what it is in. Asked for `*`: whether every member is. */
export function isRead(inputs: readonly InputPath[], steps: readonly string[]): boolean {
  return inputs.some((input) => {
    const declared = inputSteps(input);
    for (const [depth, step] of steps.entries()) {
      const one = declared[depth];
      if (one === '**') return true;
      if (one !== '*' && one !== step) return false;
    }
    return true;
  });
}

import { Option } from 'commander';

/** `more`: what else the choice decides for the command. */
export function runtimeDefaultOption(more = ''): Option {
  return new Option('--runtime-default <runtime>', `whose default RuntimeDefault means${more}`)
    .choices(['containerd', 'crio'])
    .default('containerd');
}

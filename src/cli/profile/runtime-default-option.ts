import { Option } from 'commander';

export function runtimeDefaultOption(): Option {
  return new Option('--runtime-default <runtime>', 'whose default RuntimeDefault means')
    .choices(['containerd', 'crio'])
    .default('containerd');
}

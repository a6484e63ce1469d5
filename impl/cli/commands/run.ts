/** `kubedirect run`: stages of the narrow waist in this process. */
import { type Command, InvalidArgumentError } from 'commander';
import { STAGES, type StageName } from '../../../spec/vocabulary.ts';
import { hostAndPort, type RunFlags, untilSignalled, withCommonOptions } from '../stages.ts';

function stageList(text: string): Exclude<StageName, 'kubelet'>[] {
  const names = text.split(',').filter((name) => name !== '');
  const known: readonly string[] = STAGES.filter((name) => name !== 'kubelet');
  const wrong = names.filter((name) => !known.includes(name));
  if (names.length === 0 || wrong.length > 0)
    throw new InvalidArgumentError(
      `FLAG_INVALID: expected a comma-separated list of ${known.join(', ')}; got ${JSON.stringify(text)}.`,
    );
  return names as Exclude<StageName, 'kubelet'>[];
}

/** Adds the command. */
export function register(program: Command): void {
  withCommonOptions(
    program
      .command('run')
      .description('Run stages of the narrow waist in this process')
      .requiredOption('--stages <list>', 'autoscaler,deployment,replicaset,scheduler', stageList)
      .option(
        '--scale-api <host:port>',
        'serve the direct scale API there (with the autoscaler)',
        hostAndPort,
      ),
  ).action((flags: RunFlags & { stages: ReturnType<typeof stageList>; scaleApi?: string }) =>
    untilSignalled(flags, {
      stages: flags.stages,
      nodes: [],
      runtime: 'publish',
      journals: '',
      scaleApi: flags.scaleApi,
    }),
  );
}

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Whole stories take longest: begun last, they would leave a core idle in the end. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isStory = (file: TestSpecification) => Number(file.moduleId.includes('/test/e2e/'));
    return sorted.toSorted((one, other) => isStory(other) - isStory(one));
  }
}

import type { z } from 'zod';
import { oneOf } from './values.ts';

export const PostStatus = oneOf(['draft', 'published']);

export type PostStatus = z.output<typeof PostStatus>;

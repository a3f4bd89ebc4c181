/** What the name of a reference to an account says about the person: whose the row is, who only has to do with it. */

/** First wins: who orders comes before who sells, the member of a list of members last. */
const OWNING: readonly string[] = [
  'user',
  'owner',
  'author',
  'creator',
  'created_by',
  'account',
  'customer',
  'client',
  'buyer',
  'purchaser',
  'guest',
  'renter',
  'tenant',
  'borrower',
  'passenger',
  'bidder',
  'voter',
  'payer',
  'sender',
  'seller',
  'vendor',
  'host',
  'organizer',
  'organiser',
  'instructor',
  'teacher',
  'requester',
  'reporter',
  'applicant',
  'submitter',
  'submitted_by',
  'uploader',
  'uploaded_by',
  'added_by',
  'publisher',
  'writer',
  'poster',
  'commenter',
  'follower',
  'blocker',
  'inviter',
  'invited_by',
  'first_user',
  'student',
  'driver',
  'member',
];

/** They are told about a row, or work on it; it is not theirs. */
const INVOLVED: ReadonlySet<string> = new Set([
  'approved_by',
  'approver',
  'assigned_to',
  'assignee',
  'adjuster',
  'agent',
  'closed_by',
  'coach',
  'courier',
  'doctor',
  'editor',
  'followed',
  'followee',
  'following',
  'friend',
  'head',
  'invitee',
  'lender',
  'loser',
  'manager',
  'mechanic',
  'mentor',
  'moderator',
  'payee',
  'player_two',
  'rated',
  'receiver',
  'recipient',
  'referred',
  'referrer',
  'resolved_by',
  'reviewed_by',
  'reviewer',
  'second_user',
  'sitter',
  'supervisor',
  'taker',
  'to',
  'trainer',
  'updated_by',
  'waiter',
  'winner',
]);

/** A row is about them, and not for their eyes. */
const UNAWARE: ReadonlySet<string> = new Set([
  'actor',
  'banned',
  'blocked',
  'muted',
  'reported',
  'target',
  'updated_by',
]);

/** `author` for `author_id`. */
export function roleOf(column: string): string {
  return column.replace(/_(?:id|uuid|key)$/, '');
}

/** How well a role fits the owner of a row, lower is better; null for those who only have to do with it. */
export function ownerRank(role: string, table: string): number | null {
  // Who reviews makes the review; elsewhere the reviewer looks at what somebody else made.
  if (role === 'reviewer') return /(?:review|rating|feedback)/.test(table) ? 0 : null;
  if (INVOLVED.has(role) || UNAWARE.has(role)) return null;
  const at = OWNING.findIndex((known) => known === role || role.endsWith(`_${known}`));
  return at === -1 ? OWNING.length : at;
}

/** Whether a role says that the person made the row, rather than that it is about them. */
export function isMaker(role: string): boolean {
  const at = OWNING.indexOf(role);
  return at > 0 && !['account', 'customer', 'client', 'guest', 'tenant', 'student', 'driver', 'member'].includes(role);
}

/** Whether somebody who plays a role towards a row may read it though it is private. */
export function mayRead(role: string): boolean {
  return !UNAWARE.has(role);
}

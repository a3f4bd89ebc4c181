/** Why an operation is left to people: a sentence. Ends the planning of this operation. */
export class NotPlain extends Error {}

import type { en } from "./en.ts";

type Catalogue = typeof en;

type StripPlural<Id extends string> = Id extends `${infer Base}_one` | `${infer Base}_other` ? Base : Id;

/** Every message core may speak of; plural forms share one id. */
export type MessageId = StripPlural<keyof Catalogue & string>;

type Trim<S extends string> = S extends ` ${infer R}` ? Trim<R> : S extends `${infer R} ` ? Trim<R> : S;
type ParamName<S extends string> = S extends `${infer Name},${string}` ? Trim<Name> : Trim<S>;
type ParamNames<S extends string> = S extends `${string}{{${infer P}}}${infer Rest}`
	? ParamName<P> | ParamNames<Rest>
	: never;
type TextOf<Id extends MessageId> = Id extends keyof Catalogue
	? Catalogue[Id]
	: `${Id}_other` extends keyof Catalogue
		? Catalogue[`${Id}_other`]
		: never;

/** The parameters a message takes, read from its English text. */
export type MessageParams<Id extends MessageId> = {
	readonly [Name in ParamNames<TextOf<Id>>]: string | number;
};

/** A sentence that core wants said: an id and its figures, rendered only where a person reads it. */
export interface Message<Id extends MessageId = MessageId> {
	readonly id: Id;
	readonly params: Readonly<Record<string, string | number>>;
}

/** Makes a message; the parameters are checked against the catalogue by the compiler. */
export function message<Id extends MessageId>(
	id: Id,
	...[params]: keyof MessageParams<Id> extends never ? [] : [MessageParams<Id>]
): Message<Id> {
	return { id, params: params ?? {} };
}

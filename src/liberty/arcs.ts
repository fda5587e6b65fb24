import { type BooleanExpression, parseBoolean } from './boolean-expression.ts';
import {
  type ConstraintTable,
  foreignVariable,
  type NldmTable,
  readConstraintTable,
  readTable,
  type TableTemplate,
} from './lookup-table.ts';
import type { ConstraintArc, EdgeTables, PowerArc, TimingArc } from './model.ts';
import { addNote, type NoteBook } from './notes.ts';
import { attributeOf, type LibertyGroup, textOf } from './syntax.ts';
import type { LibertyUnits } from './units.ts';

/** What the groups of a pin are read with. */
export interface ArcContext {
  readonly where: string;
  readonly units: LibertyUnits;
  readonly templates: ReadonlyMap<string, TableTemplate>;
  readonly notes: NoteBook;
}

/** Delay arcs of one timing group, one per related pin; none when it has no complete delay tables. */
export function readTiming(group: LibertyGroup, cell: string, context: ArcContext): TimingArc[] {
  const edge = (delayName: string, transitionName: string): EdgeTables | undefined => {
    const delayNs = tableOf(group, delayName, context, context.units.timeNs);
    const transitionNs = tableOf(group, transitionName, context, context.units.timeNs);
    return delayNs === undefined || transitionNs === undefined ? undefined : { delayNs, transitionNs };
  };
  const rise = edge('cell_rise', 'rise_transition');
  const fall = edge('cell_fall', 'fall_transition');
  if (rise === undefined && fall === undefined) return [];
  const senseText = textOf(group, 'timing_sense');
  const sense = senseText === 'positive_unate' || senseText === 'negative_unate' ? senseText : 'non_unate';
  const when = expressionOf(group, 'when', cell, context);
  return relatedPinsOf(group).map((relatedPin) => ({
    relatedPin,
    sense,
    type: textOf(group, 'timing_type') ?? 'combinational',
    ...(when === undefined ? {} : { when }),
    ...(rise === undefined ? {} : { rise }),
    ...(fall === undefined ? {} : { fall }),
  }));
}

/** Energies of one internal_power group, one per related pin. */
export function readPower(group: LibertyGroup, cell: string, context: ArcContext): PowerArc[] {
  const scale = context.units.energyFj;
  const both = tableOf(group, 'power', context, scale);
  const rise = tableOf(group, 'rise_power', context, scale) ?? both;
  const fall = tableOf(group, 'fall_power', context, scale) ?? both;
  if (rise === undefined && fall === undefined) return [];
  const when = expressionOf(group, 'when', cell, context);
  const pgPin = textOf(group, 'related_pg_pin') ?? textOf(group, 'power_level');
  const related = relatedPinsOf(group);
  return (related.length === 0 ? [undefined] : related).map((relatedPin) => ({
    ...(relatedPin === undefined ? {} : { relatedPin }),
    ...(when === undefined ? {} : { when }),
    ...(pgPin === undefined ? {} : { relatedPgPin: pgPin }),
    ...(rise === undefined ? {} : { riseFj: rise }),
    ...(fall === undefined ? {} : { fallFj: fall }),
  }));
}

/**
 * Constraint tables of one timing group, one per related pin; a pulse width without related pin is the pin's own.
 * Tables over other variables are left out and noted: no stage computes with constraints.
 */
export function readConstraint(
  group: LibertyGroup,
  pin: string,
  cell: string,
  context: ArcContext,
): ConstraintArc[] {
  const rise = constraintOf(group, 'rise_constraint', cell, context);
  const fall = constraintOf(group, 'fall_constraint', cell, context);
  if (rise === undefined && fall === undefined) return [];
  const when = expressionOf(group, 'when', cell, context);
  const related = relatedPinsOf(group);
  return (related.length === 0 ? [pin] : related).map((relatedPin) => ({
    relatedPin,
    type: textOf(group, 'timing_type') ?? 'combinational',
    ...(when === undefined ? {} : { when }),
    ...(rise === undefined ? {} : { rise }),
    ...(fall === undefined ? {} : { fall }),
  }));
}

function constraintOf(
  group: LibertyGroup,
  name: string,
  cell: string,
  context: ArcContext,
): ConstraintTable | undefined {
  const table = group.groups.find((inner) => inner.name === name);
  if (table === undefined) return undefined;
  const foreign = foreignVariable(table, context.templates, 'constraint');
  if (foreign === undefined)
    return readConstraintTable(table, context.templates, context.units, context.where);
  addNote(context.notes, `constraint tables over ${foreign} are not read`, cell);
  return undefined;
}

function relatedPinsOf(group: LibertyGroup): readonly string[] {
  return (textOf(group, 'related_pin') ?? '').split(/\s+/).filter((pin) => pin !== '');
}

function tableOf(
  group: LibertyGroup,
  name: string,
  context: ArcContext,
  scale: number,
): NldmTable | undefined {
  const table = group.groups.find((inner) => inner.name === name);
  return table && readTable(table, context.templates, context.units, scale, context.where);
}

/** An attribute that is a boolean expression; undefined when absent. @throws bad-input when it is none */
export function expressionOf(
  group: LibertyGroup,
  name: string,
  cell: string,
  context: ArcContext,
): BooleanExpression | undefined {
  const attribute = attributeOf(group, name);
  if (attribute === undefined) return undefined;
  return parseBoolean(attribute.values[0] ?? '', `${context.where}:${attribute.line}: ${cell} ${name}`);
}

import { expect, test } from 'vitest';
import {
  findCMultiplier,
  isByteType,
  isSignedType,
  listCMultipliers,
} from '../../src/verify/c-multiplier.ts';

test('every form of declaration is found, and nothing in comments, texts, macros and bodies', () => {
  const source = `
/* uint16_t commented(uint8_t a, uint8_t b) { return 0; } */
// int other(int a, int b) { }
#include <stdint.h>
#define MACRO(a, b) \\
  int hidden(int a, int b) { }
static const char *text = "int quoted(int a, int b) {}";
uint16_t mul8u_1(const uint8_t A, const uint8_t B) { if (A) { return f(A, B); } return '}'; }
int16_t
mul8s_2 ( int8_t a , int8_t b )
{ return (int16_t)(a * b); }
uint64_t mul8s_3(const uint64_t B,const uint64_t A){ return A; }
static inline unsigned long long wide(unsigned a, unsigned int const b) { return a; }
int declared(int a, int b);
int three(int a, int b, int c) { return 0; }
int pointer(int *a, int b) { return 0; }
void nothing(int a, int b) { }
float real(float a, float b) { return a; }
uint8_t one(uint8_t a) { return a; }
`;
  expect(listCMultipliers(source)).toEqual([
    { name: 'mul8u_1', a: 'uint8_t', b: 'uint8_t', result: 'uint16_t' },
    { name: 'mul8s_2', a: 'int8_t', b: 'int8_t', result: 'int16_t' },
    { name: 'mul8s_3', a: 'uint64_t', b: 'uint64_t', result: 'uint64_t' },
    { name: 'wide', a: 'unsigned', b: 'unsigned int', result: 'unsigned long long' },
  ]);
});

test('signs and widths of types', () => {
  const types = [
    'uint8_t',
    'int8_t',
    'unsigned char',
    'signed char',
    'int',
    'unsigned long',
    'size_t',
    'int64_t',
  ];
  expect(types.map((type) => [isSignedType(type), isByteType(type)])).toEqual([
    [false, true],
    [true, true],
    [false, true],
    [true, true],
    [true, false],
    [false, false],
    [false, false],
    [true, false],
  ]);
});

test('of several functions, the one named as the file or as EvoApproxLib names them; else the user must choose', () => {
  const source = 'int f(int a, int b) { return a; } int g(int a, int b) { return b; }';
  expect(findCMultiplier(source, 'x.c', 'g', undefined).name).toBe('g');
  expect(findCMultiplier(source, 'x.c', 'x', 'f').name).toBe('f');
  expect(
    findCMultiplier(`${source} int mul8s_9(int a, int b) { return a; }`, 'x.c', 'x', undefined).name,
  ).toBe('mul8s_9');
  expect(() => findCMultiplier(source, 'x.c', 'x', undefined)).toThrow(
    'x.c: wanted one function of two integers, such as uint16_t mul8u_X(uint8_t a, uint8_t b), found f, g',
  );
  expect(() => findCMultiplier(source, 'x.c', 'x', 'h')).toThrow(
    'x.c: wanted a function "h" of two integers, found f, g',
  );
  expect(() => findCMultiplier('int x;', 'x.c', 'x', undefined)).toThrow(
    'x.c: wanted one function of two integers, such as uint16_t mul8u_X(uint8_t a, uint8_t b), found none',
  );
});

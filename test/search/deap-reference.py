"""Hypervolume of NSGA-II in DEAP, the reference of benchmarks.test.ts.

apt-get install python3-deap; /usr/bin/python3 test/search/deap-reference.py zdt1 1
Prints problem, seed and hypervolume. Population 100, 25 000 evaluations, crossover 0.9 with index 20, mutation 1/n with
index 20; reference point (1, 1), for sch (4, 4).
"""
import random
import sys

from deap import base, benchmarks, creator, tools

name, seed = sys.argv[1], int(sys.argv[2])
genes, lower, upper, reference = (1, -1000.0, 1000.0, (4, 4)) if name == "sch" else (30, 0.0, 1.0, (1, 1))
objectives = benchmarks.schaffer_mo if name == "sch" else getattr(benchmarks, name)

creator.create("Fitness", base.Fitness, weights=(-1.0, -1.0))
creator.create("Individual", list, fitness=creator.Fitness)
clone = base.Toolbox().clone
random.seed(seed)


def evaluate(individuals):
    for individual in individuals:
        individual.fitness.values = objectives(individual)


population = [creator.Individual(random.uniform(lower, upper) for _ in range(genes)) for _ in range(100)]
evaluate(population)
population = tools.selNSGA2(population, 100)
for _ in range(249):
    children = [clone(parent) for parent in tools.selTournamentDCD(population, 100)]
    for a, b in zip(children[::2], children[1::2]):
        if random.random() <= 0.9:
            tools.cxSimulatedBinaryBounded(a, b, 20.0, lower, upper)
        for child in (a, b):
            tools.mutPolynomialBounded(child, 20.0, lower, upper, 1.0 / genes)
    evaluate(children)
    population = tools.selNSGA2(population + children, 100)

area, lowest = 0.0, reference[1]
for x, y in sorted(individual.fitness.values for individual in population):
    if x < reference[0] and y < lowest:
        area += (reference[0] - x) * (lowest - y)
        lowest = y
print(name, seed, area)

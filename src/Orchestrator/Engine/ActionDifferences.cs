using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using BpfIncr.Orchestrator.Workspace;

namespace BpfIncr.Orchestrator.Engine;

/// <summary>
/// What differs between two actions of a step, ingredient by ingredient. Texts that the engine makes itself of cargo's
/// answers are compared line by line: the digest of a list of packages says nothing to a person.
/// </summary>
/// <param name="textOf">The text of an input, when it is known.</param>
internal sealed class ActionDifferences(Func<Digest, string?> textOf)
{
    /// <summary>One reason for each ingredient that is not the same; at least one when the keys are not.</summary>
    public ImmutableArray<Reason> Between(StepAction before, StepAction now)
    {
        if (before.Key == now.Key)
            return [];
        var (then, present) = (Ingredients(before), Ingredients(now));
        ImmutableArray<Reason> differences =
        [
            .. present.Where(i => then.GetValueOrDefault(i.Key) != i.Value)
                .SelectMany(i => Of(i.Key, then.GetValueOrDefault(i.Key), i.Value, before, now)),
            .. then.Where(i => !present.ContainsKey(i.Key)).Select(i => Reason.Ingredient(i.Key, i.Value, null)),
        ];
        return differences.IsEmpty ? [Reason.Incomparable(before.Key, now.Key)] : differences;
    }

    private static Dictionary<string, string> Ingredients(StepAction action) => action.Ingredients().ToDictionary(StringComparer.Ordinal);

    private IEnumerable<Reason> Of(string name, string? before, string now, StepAction then, StepAction present) =>
        PathSet.IsMadeText(name)
        && then.Inputs.Files.TryGetValue(name, out var old) && textOf(old) is { } oldText
        && present.Inputs.Files.TryGetValue(name, out var young) && textOf(young) is { } youngText
            ? Lines(name, oldText, youngText)
            : [Reason.Ingredient(name, before, now)];

    // A line's first word says what it is about; a line that has no single counterpart has come or gone.
    private static IEnumerable<Reason> Lines(string name, string before, string now)
    {
        var (old, young) = (Split(before), Split(now));
        var gone = old.Except(young).ToLookup(FirstWord);
        var come = young.Except(old).ToLookup(FirstWord);
        foreach (var word in gone.Select(g => g.Key).Union(come.Select(g => g.Key)))
            foreach (var difference in Lines(name, word, [.. gone[word]], [.. come[word]]))
                yield return difference;
    }

    private static IEnumerable<Reason> Lines(string name, string word, string[] gone, string[] come) => (gone, come) switch
    {
        ([var before], [var now]) => [Reason.Ingredient($"{name} {word}", Rest(before), Rest(now))],
        _ => [.. gone.Select(l => Reason.Ingredient(name, l, null)), .. come.Select(l => Reason.Ingredient(name, null, l))],
    };

    private static string[] Split(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string FirstWord(string line) => line.Split(' ', 2)[0];

    private static string Rest(string line) => line[FirstWord(line).Length..].Trim();
}

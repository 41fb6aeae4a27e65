using System.Collections.Immutable;
using BpfIncr.Cache.Actions;
using BpfIncr.Cache.Digests;
using FsCheck;
using FsCheck.Fluent;

namespace BpfIncr.Cache.Tests.Actions;

/// <summary>Everything an action is made of, and every recipe that differs from it in one place.</summary>
public sealed record ActionRecipe(
    ImmutableArray<string> Arguments,
    ImmutableSortedDictionary<string, string> Environment,
    ImmutableSortedDictionary<string, string> Properties,
    ImmutableSortedDictionary<string, string> Inputs,
    ImmutableSortedSet<string> Outputs,
    string Universe)
{
    // No generated text holds it, so that what it is appended to becomes another one.
    private const string Mark = "!";

    public StepAction ToAction() => new(
        Arguments, Environment, Properties, new InputTree(Inputs.Select(i => KeyValuePair.Create(i.Key, Digest.OfText(i.Value)))), Outputs, Universe);

    /// <summary>The same action, with everything that has no order given in another one.</summary>
    public StepAction ToShuffledAction(int seed)
    {
        var random = new Random(seed);
        var inputs = new InputTree();
        foreach (var (name, content) in Shuffled(Inputs))
            inputs.Add(name, Digest.OfText(content));
        return new StepAction(Arguments, Shuffled(Environment), Shuffled(Properties), inputs, Shuffled(Outputs), Universe);

        IEnumerable<T> Shuffled<T>(IEnumerable<T> items)
        {
            var array = items.ToArray();
            random.Shuffle(array);
            return array;
        }
    }

    public IEnumerable<(string What, ActionRecipe Recipe)> Neighbours() =>
    [
        .. Lists(Arguments).Select(a => ("argument", this with { Arguments = a })),
        .. Tables(Environment).Select(e => ("variable", this with { Environment = e })),
        .. Tables(Properties).Select(p => ("property", this with { Properties = p })),
        .. Tables(Inputs).Select(i => ("input", this with { Inputs = i })),
        .. Outputs.Select(o => ("output", this with { Outputs = Outputs.Remove(o).Add(o + Mark) })),
        .. Outputs.Select(o => ("output gone", this with { Outputs = Outputs.Remove(o) })),
        ("another output", this with { Outputs = Outputs.Add(Mark) }),
        ("universe", this with { Universe = Universe + Mark }),
        // The same words in another role.
        .. Arguments.Select((a, i) => ("argument as output", this with { Arguments = Arguments.RemoveAt(i), Outputs = Outputs.Add(a + Mark) })),
        .. Environment.Select(v => ("variable as property", this with
        {
            Environment = Environment.Remove(v.Key), Properties = Properties.Add(v.Key + Mark, v.Value),
        })),
    ];

    public override string ToString() =>
        $"[{string.Join(' ', Arguments)}] env {Text(Environment)} properties {Text(Properties)} inputs {Text(Inputs)} outputs [{string.Join(' ', Outputs)}] {Universe}";

    private static string Text(ImmutableSortedDictionary<string, string> table) => string.Join(' ', table.Select(p => $"{p.Key}={p.Value}"));

    private static IEnumerable<ImmutableArray<string>> Lists(ImmutableArray<string> list)
    {
        yield return list.Add("");
        for (var i = 0; i < list.Length; i++)
        {
            yield return list.SetItem(i, list[i] + Mark);
            yield return list.RemoveAt(i);
            if (i + 1 == list.Length)
                continue;
            if (list[i] != list[i + 1])
                yield return list.SetItem(i, list[i + 1]).SetItem(i + 1, list[i]);
            // Where one ends and the next begins is part of the key.
            if (list[i].Length > 0)
                yield return list.SetItem(i, list[i][..^1]).SetItem(i + 1, list[i][^1] + list[i + 1]);
            yield return list.RemoveAt(i).SetItem(i, list[i] + list[i + 1]);
        }
    }

    private static IEnumerable<ImmutableSortedDictionary<string, string>> Tables(ImmutableSortedDictionary<string, string> table)
    {
        yield return table.Add(Mark, "");
        foreach (var (name, value) in table)
        {
            yield return table.SetItem(name, value + Mark);
            yield return table.Remove(name);
            yield return table.Remove(name).Add(name + Mark, value);
            yield return table.Remove(name).Add(name + "/" + Mark, value);
        }
    }
}

/// <summary>Generators for what actions are made of. Short words of few letters, so that names share prefixes and directories.</summary>
public static class ActionArbitraries
{
    private static readonly Gen<string> Word = Gen.Choose(0, 3).SelectMany(n => Gen.Elements("ab=-é".ToCharArray()).ArrayOf(n)).Select(c => new string(c));

    private static readonly Gen<string> Name = Gen.Choose(1, 3)
        .SelectMany(n => Word.Select(w => $"{w}x").ArrayOf(n)).Select(parts => string.Join('/', parts));

    public static Arbitrary<ActionRecipe> Recipe() => Arb.From(
        from arguments in Some(Word)
        from environment in Table(Word)
        from properties in Table(Word)
        from inputs in Table(Name)
        from outputs in Some(Name)
        from universe in Word
        select new ActionRecipe([.. arguments], environment, properties, inputs, [.. outputs], universe));

    private static Gen<string[]> Some(Gen<string> word) => Gen.Choose(0, 4).SelectMany(n => word.ArrayOf(n));

    private static Gen<ImmutableSortedDictionary<string, string>> Table(Gen<string> name) =>
        from names in Some(name)
        from values in Word.ArrayOf(names.Length)
        select names.Zip(values).DistinctBy(p => p.First).ToImmutableSortedDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);
}

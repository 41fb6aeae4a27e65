using BpfIncr.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace BpfIncr.Orchestrator.Tests.Model;

/// <summary>
/// The engine as shipped, on real files, with the programs it calls replaced by pure functions, against two builds that
/// are too simple to be wrong. <c>BPFINCR_TEST_SEQUENCES</c> says how many sequences, <c>BPFINCR_TEST_SEED</c> where to
/// begin, <c>BPFINCR_TEST_SHRINK=0</c> that a failure is enough. Otherwise it prints the shortest sequence it has found; add
/// that to <c>Sequences.txt</c>.
/// </summary>
[Collection(nameof(Console))]
public sealed class ModelTests : IDisposable
{
    private const int Lanes = 4;

    private readonly TextWriter _out = Console.Out;
    private readonly TextWriter _error = Console.Error;

    public ModelTests()
    {
        // Every pass has a summary, and every damaged blob a warning.
        Console.SetOut(TextWriter.Null);
        Console.SetError(TextWriter.Null);
    }

    public static TheoryData<string> Kept => [.. Sequences().Where(l => l.Length > 0 && l[0] != '#')];

    public void Dispose()
    {
        Console.SetOut(_out);
        Console.SetError(_error);
    }

    [Theory]
    [MemberData(nameof(Kept))]
    public void A_sequence_that_failed_once_stays_right(string sequence) => Play(Edit.Parse(sequence), lane: Lanes);

    [Fact]
    public async Task After_any_sequence_objects_are_those_of_a_clean_build_and_nothing_known_ran()
    {
        var sequences = Amounts.Of("BPFINCR_TEST_SEQUENCES");
        var seed = Amounts.Seed;
        var sequence = Environment.GetEnvironmentVariable("BPFINCR_TEST_SHRINK") == "0" ? Arb.From(Sequence()) : Arb.From(Sequence(), Shorter);
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Factory.StartNew(
            () => Check.One(
                Config.QuickThrowOnFailure.WithMaxTest(sequences / Lanes).WithReplay((ulong)(seed * Lanes + lane), 1),
                Prop.ForAll(sequence, s => Play(s.Edits, lane))),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
    }

    private static void Play(IEnumerable<Edit> edits, int lane)
    {
        using var run = new ModelRun(lane);
        run.Play(edits);
    }

    private static string[] Sequences() => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Sequences.txt"));

    private static Gen<EditSequence> Sequence() =>
        from length in Gen.Choose(4, 12)
        from edits in Edits().ArrayOf(length)
        select new EditSequence(edits);

    private static Gen<Edit> Edits() =>
        from kind in Gen.Elements(Enum.GetValues<EditKind>())
        from a in Gen.Choose(0, 7)
        from b in Gen.Choose(0, 59)
        select new Edit(kind, a, b);

    // One edit less, or one that is simpler.
    private static IEnumerable<EditSequence> Shorter(EditSequence sequence) =>
        Enumerable.Range(0, sequence.Edits.Length).Select(i => new EditSequence([.. sequence.Edits.Where((_, j) => j != i)]))
            .Concat(Enumerable.Range(0, sequence.Edits.Length).SelectMany(i => Simpler(sequence.Edits[i]).Select(e => new EditSequence([.. sequence.Edits.Select((old, j) => i == j ? e : old)]))));

    private static IEnumerable<Edit> Simpler(Edit edit)
    {
        if (edit.A > 0)
            yield return edit with { A = 0 };
        if (edit.B > 0)
            yield return edit with { B = edit.B / 2 };
    }
}

/// <summary>A sequence as failures print it.</summary>
internal sealed record EditSequence(Edit[] Edits)
{
    public override string ToString() => string.Join(", ", (IEnumerable<Edit>)Edits);
}

using System.Globalization;

namespace BpfIncr.Tests.Support;

/// <summary>
/// How much of what can be done without end a run of the tests does: sequences, seeds, faults, kernels. There are three levels, and
/// <c>BPFINCR_TEST_LEVEL</c> names one: <c>quick</c>, which a developer waits for; <c>ci</c>, which continuous integration runs;
/// <c>all</c>, which takes hours. A variable with an amount's name replaces the amount at any level.
/// </summary>
internal static class Amounts
{
    private static readonly Dictionary<string, (int Quick, int Ci, int All)> Table = new(StringComparer.Ordinal)
    {
        ["BPFINCR_TEST_SEQUENCES"] = (60, 1_200, 100_000),
        ["BPFINCR_TEST_SEEDS"] = (1, 5, 50),
        ["BPFINCR_TEST_EDITS"] = (8, 20, 20),
        ["BPFINCR_TEST_MEMORY"] = (20, 40, 3_000),
        ["BPFINCR_TEST_INPUTS"] = (10, 40, 1_000),
        ["BPFINCR_TEST_KILLS"] = (4, 8, 1_000),
        ["BPFINCR_TEST_DAMAGES"] = (30, 60, 10_000),
        ["BPFINCR_TEST_DISK_FAULTS"] = (3, 5, 300),
        ["BPFINCR_TEST_CLOCKS"] = (5, 10, 300),
        ["BPFINCR_TEST_MOMENTS"] = (4, 12, 48),
        ["BPFINCR_TEST_PROCESSES"] = (8, 8, 32),
        ["BPFINCR_TEST_PROBES"] = (20, 20, 200),
        ["BPFINCR_TEST_TYPES"] = (100, 500, 500),
    };

    /// <summary>The level of this run.</summary>
    public static TestLevel Level { get; } = Read();

    /// <summary>Where random choices begin: <c>BPFINCR_TEST_SEED</c>, else always the same.</summary>
    public static int Seed => Given("BPFINCR_TEST_SEED") ?? 1;

    /// <summary>Where random choices begin that are others in each run, unless <c>BPFINCR_TEST_SEED</c> is given.</summary>
    public static int AnySeed => Given("BPFINCR_TEST_SEED") ?? Random.Shared.Next();

    /// <summary>An amount of the table, for this run.</summary>
    public static int Of(string name)
    {
        var (quick, ci, all) = Table[name];
        return Given(name) ?? Level switch { TestLevel.Quick => quick, TestLevel.Ci => ci, _ => all };
    }

    /// <summary>How many random inputs a reader gets: <c>BPFINCR_TEST_FUZZ</c>, else its own number in continuous integration.</summary>
    /// <param name="ci">The number in continuous integration; a quick run has a fifth of it, and a run of all fifty times as many.</param>
    public static int Fuzz(int ci) =>
        Given("BPFINCR_TEST_FUZZ") ?? Level switch { TestLevel.Quick => ci / 5, TestLevel.Ci => ci, _ => ci * 50 };

    /// <summary>The rows of a theory: the first is played in each run, all from continuous integration on.</summary>
    public static IEnumerable<T> Rows<T>(params T[] rows) => Level == TestLevel.Quick ? rows[..1] : rows;

    private static int? Given(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static TestLevel Read() =>
        Environment.GetEnvironmentVariable("BPFINCR_TEST_LEVEL") is { Length: > 0 } name ? Enum.Parse<TestLevel>(name, ignoreCase: true) : TestLevel.Quick;
}

/// <summary>How long one is willing to wait for the tests.</summary>
internal enum TestLevel
{
    /// <summary>Minutes.</summary>
    Quick,

    /// <summary>Less than half an hour.</summary>
    Ci,

    /// <summary>Hours.</summary>
    All,
}

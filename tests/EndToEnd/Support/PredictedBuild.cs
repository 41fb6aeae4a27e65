using System.Text.Json;

namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>A build that was foretold: <c>--dry-run</c> first, which may change nothing, then the build, which may do nothing else.</summary>
internal static class PredictedBuild
{
    /// <summary>Runs both and compares them.</summary>
    /// <param name="checkout">Where.</param>
    /// <param name="story">What led here, for the message of a failure.</param>
    /// <param name="arguments">What is asked for, the same of both.</param>
    public static BuildResult Run(Checkout checkout, string story, params IReadOnlyList<string> arguments)
    {
        var before = StateOf(checkout);
        var dryRun = checkout.Run(["build", "--dry-run", "--json", .. arguments]);
        Assert.True(dryRun.ExitCode == 0, $"{story}\n{dryRun}");
        Assert.True(before.SequenceEqual(StateOf(checkout)), $"{story}: the dry run changed {string.Join(", ", StateOf(checkout).Except(before).Concat(before.Except(StateOf(checkout))))}");
        var result = checkout.Run(["build", "--explain", .. arguments]);
        Assert.True(result.ExitCode == 0, $"{story}\n{result}");
        Compare(Parse(dryRun.Output), new BuildResult(result), $"{story}\n{dryRun.Output}{result}");
        return new BuildResult(result);
    }

    private static void Compare(IReadOnlyList<Foretold> steps, BuildResult build, string story)
    {
        var (ran, found, removed) = (Steps(build, s => s.Ran), Steps(build, s => s.Outcome.EndsWith("/ActionCache", StringComparison.Ordinal)), Steps(build, s => s.Outcome == "Removed/None"));
        // Of equal actions one runs; which, is a matter of luck.
        var keys = steps.Where(s => s.Forecast == "Runs" && s.Key is not null).Select(s => s.Key).ToHashSet();
        foreach (var group in steps.Where(s => s.Forecast == "Runs").GroupBy(s => s.Key ?? s.Step))
            Assert.True(group.Any(s => ran.Contains(s.Step)), $"{group.First().Step} did not run\n{story}");
        foreach (var step in steps.Where(s => s.Forecast is "Known" or "Found" && !keys.Contains(s.Key)))
            Assert.True(!ran.Contains(step.Step) && found.Contains(step.Step) == (step.Forecast == "Found"), $"{step.Step} was not {step.Forecast}\n{story}");
        var possible = steps.Where(s => s.Forecast is "Runs" or "Depends" || keys.Contains(s.Key)).Select(s => s.Step).ToHashSet();
        Assert.True(ran.IsSubsetOf(possible), $"not foretold: {string.Join(", ", ran.Except(possible))}\n{story}");
        Assert.True(removed.SetEquals(steps.Where(s => s.Forecast == "Removed").Select(s => s.Step)), $"other steps were removed\n{story}");
        var restored = steps.Count(s => s is { Forecast: "Known", PlacesObject: true });
        var text = restored == 0 ? "; restored " : $"; restored {(restored == 1 ? "1 object" : $"{restored} objects")}";
        Assert.True(build.Output.Contains(text, StringComparison.Ordinal) == restored > 0, $"other objects were restored\n{story}");
    }

    private static HashSet<string> Steps(BuildResult build, Func<StepLine, bool> which) => [.. build.Steps.Where(which).Select(s => s.Step)];

    private static List<Foretold> Parse(string json) => [.. JsonDocument.Parse(json).RootElement.GetProperty("steps").EnumerateArray().Select(s => new Foretold(
        $"{s.GetProperty("stage")} {s.GetProperty("probe")}{(s.GetProperty("variant").GetString() is { } variant ? $"/{variant}" : "")}",
        s.GetProperty("forecast").GetString()!, s.GetProperty("key").GetString(), s.GetProperty("placesObject").GetBoolean()))];

    // Everything but the index, which SQLite's own files surround.
    private static List<string> StateOf(Checkout checkout) =>
    [
        .. ((string[])[checkout.Directory, checkout.Cache]).Where(Directory.Exists)
            .SelectMany(d => Directory.EnumerateFileSystemEntries(d, "*", SearchOption.AllDirectories))
            .Where(f => !Path.GetFileName(f).StartsWith("index.db", StringComparison.Ordinal))
            .Select(f => File.Exists(f) ? $"{f} {File.GetLastWriteTimeUtc(f):o} {new FileInfo(f).Length}" : f)
            .Order(StringComparer.Ordinal),
    ];

    private sealed record Foretold(string Step, string Forecast, string? Key, bool PlacesObject);
}

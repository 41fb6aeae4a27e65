using System.Diagnostics;
using System.Globalization;
using BpfIncr.EndToEnd.Tests.Support;
using BpfIncr.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>
/// The clock jumps between builds, and sources get other contents of the same size with the times that tools give them. No object is
/// stale. <c>BPFINCR_TEST_CLOCKS</c> says how many builds.
/// </summary>
[Collection(TinyStates.Collection)]
public sealed class ClockTests(TinyStates states)
{
    private const long Hour = 3600, Day = 24 * Hour, Decade = 3652 * Day;

    private static readonly long[] Jumps = [0, 0, 1, -1, Hour, -Hour, Day, -Day, Decade, -Decade];
    private static readonly string[] Ways = ["written", "written, old time", "cp -p", "mv", "tar", "written, long ago", "written, in the future"];
    private static readonly DateTime One = new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly Random _random = new(Amounts.Seed);

    [Fact]
    public void Whatever_the_clock_says_and_whatever_times_files_have_no_object_is_stale()
    {
        var checkout = states.New(states.NewDirectory("cache"));
        checkout.Build().Succeeded();
        var before = Enumerable.Range(0, TinyStates.Count).Select(Prepared).ToList();
        var (clock, story) = (Stopwatch.StartNew(), $"seed {Amounts.Seed}:");
        var builds = Amounts.Of("BPFINCR_TEST_CLOCKS");
        for (var i = 0; i < builds; i++)
        {
            var state = _random.Next(TinyStates.Count);
            var way = Ways[_random.Next(Ways.Length)];
            var jump = Jumps[_random.Next(Jumps.Length)];
            story += string.Create(CultureInfo.InvariantCulture, $"\n{i}: state {state}, {way}, clock {jump} s");
            foreach (var file in TinyStates.Files)
                Change(checkout[file], TinyStates.Text(file, state), Path.Combine(before[state], file), way);

            var build = checkout.Run(
                [Interposed.By("wrong_clock"), ("WRONG_CLOCK_SECONDS", jump.ToString(CultureInfo.InvariantCulture))], ["build"]);

            Assert.True(build is { ExitCode: 0, Errors: "" }, $"{story}\n{build}");
            states.AssertObjects(checkout, state, story);
        }
        Scale.Report($"{builds} builds in {clock.Elapsed.TotalSeconds:0} s");
    }

    // The files of a state, each of the same time in all states.
    private string Prepared(int state)
    {
        var directory = states.NewDirectory($"state {state}");
        foreach (var path in TinyStates.Files.Select(f => Path.Combine(directory, f)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, TinyStates.Text(Path.GetRelativePath(directory, path), state));
            File.SetLastWriteTimeUtc(path, One);
        }
        return directory;
    }

    private static void Change(string path, string text, string prepared, string way)
    {
        var time = File.GetLastWriteTimeUtc(path);
        switch (way)
        {
            case "cp -p":
                Tool.Do("cp", "-p", prepared, path);
                break;
            case "mv":
                Tool.Do("cp", "-p", prepared, $"{path}.new");
                Tool.Do("mv", $"{path}.new", path);
                break;
            case "tar":
                Tool.Do("sh", "-c", $"tar -C '{Path.GetDirectoryName(prepared)}' -c '{Path.GetFileName(prepared)}' | tar -C '{Path.GetDirectoryName(path)}' -x");
                break;
            default:
                File.WriteAllText(path, text);
                break;
        }
        if (way == "written, old time")
            File.SetLastWriteTimeUtc(path, time);
        else if (way == "written, long ago")
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        else if (way == "written, in the future")
            File.SetLastWriteTimeUtc(path, new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc));
    }
}

namespace BpfIncr.EndToEnd.Tests.Support;

/// <summary>What can happen to a small workspace, to its cache and to its builds, at random. Every edit leaves a workspace that can be built.</summary>
internal sealed class RandomEdits
{
    /// <summary>All that a build reads.</summary>
    public static readonly string[] Sources = ["Cargo.toml", "Cargo.lock", "bpfincr.json", "kit", "mid", "probes", "data"];

    private const string Mark = "TEST_OF_KILLED_BUILDS";

    private static readonly string[] Names = ["alpha", "beta", "gamma", "delta"];

    private readonly Checkout _checkout;
    private readonly TestDirectory _states;
    private readonly Random _random;
    private readonly SortedDictionary<string, string> _configuration = new(StringComparer.Ordinal);
    private readonly List<SortedDictionary<string, string>> _configurations = [];

    /// <summary>Writes the workspace with two probes, <c>alpha</c> and <c>beta</c>, which always stay.</summary>
    /// <param name="checkout">Where.</param>
    /// <param name="states">A directory for states to come back to.</param>
    /// <param name="random">Decides.</param>
    public RandomEdits(Checkout checkout, TestDirectory states, Random random)
    {
        (_checkout, _states, _random) = (checkout, states, random);
        Crates.WriteWorkspace(checkout);
        checkout.Write("data/table", "0");
        checkout.Write("Cargo.lock", "version = 4\n");
        Crates.WriteProbe(checkout, "alpha", "x");
        Crates.WriteProbe(checkout, "beta", "mid::between(x)", Mid(""));
        _configuration["inputs"] = "[\"data\"]";
        Variants("v1");
    }

    /// <summary>Does something, and says what.</summary>
    public string Next()
    {
        var name = Names[_random.Next(Names.Length)];
        var number = _random.Next(1, 4);
        return _random.Next(5) switch
        {
            0 => OfConfiguration(name, number),
            1 => OfPackages(name, number),
            2 => OfLeavings(name, number),
            _ => OfSources(name, number),
        };
    }

    private string OfSources(string name, int number)
    {
        switch (_random.Next(8))
        {
            case 0:
                _checkout.Write("kit/src/lib.rs", Changed("kit/src/lib.rs", "x + ", $"{number}0"));
                return $"kit adds {number}0";
            case 1:
                _checkout.Write("mid/src/lib.rs", Changed("mid/src/lib.rs", "(x) + ", $"{number}00"));
                return $"mid adds {number}00";
            case 2:
                _checkout.Write("kit/src/lib.rs", $"{File.ReadAllText(_checkout["kit/src/lib.rs"])}// {number}\n");
                return "a comment at the end of kit";
            case 3:
                File.SetLastWriteTimeUtc(_checkout["probes/beta/src/main.rs"], DateTime.UtcNow.AddDays(-number));
                return "beta's time is set back";
            case 4:
                File.SetLastWriteTimeUtc(_checkout["kit/src/lib.rs"], DateTime.UtcNow);
                return "kit is touched";
            case 5:
                var time = File.GetLastWriteTimeUtc(_checkout["probes/alpha/src/main.rs"]);
                Crates.WriteProbe(_checkout, "alpha", $"x + {number}000");
                File.SetLastWriteTimeUtc(_checkout["probes/alpha/src/main.rs"], time);
                return $"alpha adds {number}000 under its old time";
            case 6:
                return Revert();
            default:
                Crates.WriteProbe(_checkout, name, $"kit::shared(x) + {number}");
                return $"{name} adds {number}";
        }
    }

    private string OfPackages(string name, int number)
    {
        switch (_random.Next(5))
        {
            case 0 when name is "gamma" or "delta" && Directory.Exists(_checkout[$"probes/{name}"]):
                Directory.Delete(_checkout[$"probes/{name}"], recursive: true);
                return $"{name} is gone";
            case 1 when Directory.Exists(_checkout["probes/gamma"]) && !Directory.Exists(_checkout["probes/delta"]):
                Directory.Move(_checkout["probes/gamma"], _checkout["probes/delta"]);
                Crates.WriteProbe(_checkout, "delta", $"x + {number}");
                return "gamma is called delta";
            case 2:
                _checkout.Write("Cargo.toml", $"{File.ReadAllText(_checkout["Cargo.toml"])}# {number}\n");
                return $"a comment {number} in the root manifest";
            case 3:
                _checkout.Write($"probes/alpha/src/bin/also{number}.rs", File.ReadAllText(_checkout["probes/alpha/src/main.rs"]));
                return $"alpha has another bin, also{number}";
            default:
                Crates.WriteProbe(_checkout, name, "mid::between(x)", Mid(number == 1 ? ", features = [\"more\"]" : ""));
                return $"{name} uses mid{(number == 1 ? " with more" : "")}";
        }
    }

    private string OfConfiguration(string name, int number)
    {
        switch (_random.Next(6))
        {
            case 0:
                _configuration["universe"] = $"\"{number}\"";
                break;
            case 1:
                _configuration["rustflags"] = number == 1 ? "[]" : $"[\"--cfg=number{number}\"]";
                break;
            case 2:
                _configuration["probes"] = $$"""{ "{{(name is "alpha" ? name : "beta")}}": { "optimize": "O{{number}}", "lineInfo": {{(number == 1 ? "true" : "false")}} } }""";
                break;
            case 3:
                Variants($"v{number}", number == 3 ? ", \"three\": { \"optimize\": \"Os\" }" : "");
                break;
            case 4:
                _checkout.Write("data/table", $"{number}");
                return $"the declared input is {number}";
            default:
                Variants($"v{number}");
                break;
        }
        Configure();
        return $"the configuration is {string.Join(' ', _configuration)}";
    }

    private string OfLeavings(string name, int number)
    {
        switch (_random.Next(5))
        {
            case 0:
                File.Delete(_checkout.ObjectOf("alpha", "one"));
                return "an object of alpha is deleted";
            case 1:
                Lose("blobs", path => File.WriteAllText(path, "damaged"));
                return "a blob is damaged";
            case 2:
                Lose(number == 1 ? "results" : "blobs", File.Delete);
                return $"a {(number == 1 ? "result" : "blob")} is lost";
            case 3 when number == 1:
                Directory.Delete(_checkout["target/bpf/cargo"], recursive: true);
                return "cargo's directory is gone";
            default:
                Crates.WriteProbe(_checkout, name is "alpha" ? name : "beta", $"kit::shared(x) + {_random.Next(1000)}");
                return Kill();
        }
    }

    // Wherever it is: nothing is asked of the moment, and everything of the next build.
    private string Kill()
    {
        var mark = $"{Guid.NewGuid()}";
        using var build = Tool.Start(Repository.Program, "/", _checkout.Arguments(["build"]), (Mark, mark));
        var delay = _random.Next(300);
        build.WaitForExit(delay);
        build.Kill();
        build.WaitForExit();
        // A cargo that outlives it writes its lock file, and what looks at the sources meanwhile would be said to have done so.
        Processes.WaitForAll(Mark, mark);
        return $"a build is killed after {delay} ms";
    }

    // With the times of then, as a restored backup has them.
    private string Revert()
    {
        var number = _random.Next(_configurations.Count + 1);
        if (number == _configurations.Count)
        {
            Directory.CreateDirectory(_states[$"state-{number}"]);
            foreach (var part in Sources)
                Tool.Do("cp", "-a", _checkout[part], _states[$"state-{number}"]);
            _configurations.Add(new(_configuration, StringComparer.Ordinal));
            return $"this is state {number}";
        }
        foreach (var part in Sources)
        {
            Tool.Do("rm", "-rf", _checkout[part]);
            Tool.Do("cp", "-a", Path.Combine(_states[$"state-{number}"], part), _checkout.Directory);
        }
        _configuration.Clear();
        foreach (var (name, value) in _configurations[number])
            _configuration[name] = value;
        return $"back to state {number}";
    }

    private void Variants(string cpu, string more = "")
    {
        _configuration["variants"] = $$"""{ "one": { "cpu": "{{cpu}}" }, "two": { "inline": "calls", "cpu": "v3" }{{more}} }""";
        Configure();
    }

    private void Configure() => _checkout.Configure(string.Join(",\n", _configuration.Select(c => $"\"{c.Key}\": {c.Value}")));

    private static string Mid(string more) => $"mid = {{ path = \"../../mid\"{more} }}";

    // What follows a passage up to the end of the digits becomes these digits.
    private string Changed(string path, string before, string digits)
    {
        var text = File.ReadAllText(_checkout[path]);
        var from = text.IndexOf(before, StringComparison.Ordinal) + before.Length;
        var to = from;
        while (char.IsAsciiDigit(text[to]))
            to++;
        return text[..from] + digits + text[to..];
    }

    private void Lose(string kind, Action<string> lose)
    {
        var files = Directory.EnumerateFiles(Path.Combine(_checkout.Cache, "v1", kind), "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).ToList();
        var victim = files[_random.Next(files.Count)];
        File.SetUnixFileMode(victim, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        lose(victim);
    }
}

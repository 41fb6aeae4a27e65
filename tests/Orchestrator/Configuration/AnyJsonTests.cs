using System.Text;
using System.Text.Json;
using BpfIncr.Orchestrator.Configuration;
using BpfIncr.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace BpfIncr.Orchestrator.Tests.Configuration;

/// <summary>Whatever is in the file, the user gets settings or one message that points into it.</summary>
[Properties(Arbitrary = [typeof(JsonArbitraries)], MaxTest = 500)]
public sealed class AnyJsonTests
{
    [Property]
    public void Any_JSON_is_settings_or_an_error_with_a_place(JsonText json) => Read(json.Text);

    [Property]
    public void Any_text_is_settings_or_an_error_with_a_place(string? text) => Read(text ?? "");

    [Property]
    public void Any_bytes_are_settings_or_an_error_with_a_place(byte[] bytes) => Read(bytes);

    [Property]
    public void Any_damage_to_good_JSON_is_settings_or_an_error_with_a_place(JsonText json, uint at, byte change)
    {
        var bytes = Encoding.UTF8.GetBytes(json.Text);
        bytes[at % bytes.Length] ^= change;
        Read(bytes);
    }

    [Fact]
    public void Any_change_of_a_whole_configuration_is_settings_or_an_error_with_a_place_in_little_memory()
    {
        var mutations = new Mutations([Encoding.UTF8.GetBytes(Whole)]);
        for (var i = 0; i < Amounts.Fuzz(2000); i++)
        {
            var input = mutations.Next();
            var before = GC.GetAllocatedBytesForCurrentThread();

            var failure = Record.Exception(() => Read(input));

            Assert.True(failure is null, $"input {i}: {failure}");
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (8 << 20) + (2000 * input.Length));
        }
    }

    private const string Whole = """
        {
          "workspaces": ["monorepo", "../tiny"], "output": "target/bpf", "universe": "1", "env": ["TAG", "PROBE_*"], "inputs": ["data/", "schema.json"],
          "toolchain": { "rustc": "/usr/bin/rustc", "mode": "bpf" }, "rustflags": ["--cfg=a"], "defaultFeatures": false, "features": ["x"],
          "variants": {
            "legacy": { "cpu": "v1", "inline": "all", "unroll": true, "optimizeOptions": ["-unroll-threshold=5"] },
            "modern": { "cpu": "v3", "cpuFeatures": "+alu32", "inline": "calls", "panic": "exit", "btf": true, "lineInfo": false, "strip": "debug" }
          },
          "probes": { "xdp": { "optimize": "O2", "variants": ["modern"], "packages": ["xdp"], "skip": false } }, // a comment
          "cache": { "maxSize": "10G", "maxAge": "30d", "shared": [{ "path": "/mnt/cache", "mode": "read-only", "name": "nightly", "deadline": 2.5 }] },
        }
        """;

    private static void Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    private static void Read(byte[] content)
    {
        try
        {
            SettingsReader.Read(content, "/checkout");
        }
        catch (ConfigurationException e)
        {
            Assert.NotEmpty(e.Errors);
            Assert.All(e.Errors, error => Assert.True(error is { Position: { Line: >= 1, Column: >= 1 }, Message.Length: > 0 }));
        }
    }
}

/// <summary>JSON of the names and values that the reader knows, put together at random.</summary>
public sealed record JsonText(string Text)
{
    public override string ToString() => Text;
}

public static class JsonArbitraries
{
    private static readonly string[] Names =
    [
        "$schema", "workspaces", "output", "toolchain", "rustc", "mode", "universe", "env", "inputs", "rustflags", "defaultFeatures", "packages",
        "variants", "probes", "features", "skip", "inline", "panic", "btf", "lineInfo", "optimize", "pipeline", "unroll", "optimizeOptions", "cpu",
        "cpuFeatures", "strip", "sectionNames", "globalData", "loops", "atomics", "kernelFunctions", "maxInstructions", "codegenOptions", "cache", "shared", "path", "name", "deadline", "signers", "", "x", "\0", "ä",
    ];

    private static readonly string[] Leaves =
        ["null", "true", "false", "0", "-1.5e3", "\"\"", "\"auto\"", "\"host\"", "\"v3\"", "\"O2\"", "\"all\"", "\"\\u0000\"", "\"\\ud800\"", "\"../..\"", "[]", "{}"];

    public static Arbitrary<JsonText> Text() =>
        Gen.Sized(size => Object(Math.Min(size, 4))).Select(t => new JsonText(t)).ToArbitrary();

    private static Gen<string> Value(int depth) => depth == 0
        ? Gen.Elements(Leaves)
        : Gen.OneOf(Gen.Elements(Leaves), Object(depth - 1), Array(depth - 1));

    private static Gen<string> Object(int depth) =>
        from count in Gen.Choose(0, 4)
        from names in Gen.Elements(Names).ArrayOf(count)
        from values in Value(depth).ArrayOf(count)
        select $"{{{string.Join(',', names.Zip(values).Select(m => $"{JsonSerializer.Serialize(m.First)}:{m.Second}"))}}}";

    private static Gen<string> Array(int depth) =>
        from count in Gen.Choose(0, 3)
        from values in Value(depth).ArrayOf(count)
        select $"[{string.Join(',', values)}]";
}

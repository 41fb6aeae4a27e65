using System.Text;
using System.Text.Json;
using BpfIncr.Orchestrator.Configuration;
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
        "cpuFeatures", "strip", "sectionNames", "codegenOptions", "cache", "shared", "path", "name", "deadline", "signers", "", "x", "\0", "ä",
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

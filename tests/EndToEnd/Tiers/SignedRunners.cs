using System.Security.Cryptography;
using System.Text;
using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Tiers;

/// <summary>
/// Runners that accept nothing but what CI has signed. The directory was first filled by somebody without a key; then CI has built, and
/// put what it signed in the place of all that it did not accept.
/// </summary>
public sealed class SignedRunners : IDisposable
{
    private readonly Runners _runners = new();
    private readonly string _keys;

    public SignedRunners()
    {
        _keys = _runners.NewDirectory("keys");
        foreach (var owner in (string[])["ci", "other"])
            Tool.Do(Repository.Program, "key", "generate", Path.Combine(_keys, $"{owner}.key"));
        Shared = _runners.CopyOfShared();
        Filling = New().BuildWith([KeyOf("ci")], "--shared-cache", Shared).Succeeded();
    }

    /// <summary>The directory; a test that writes to it takes a copy.</summary>
    internal string Shared { get; }

    /// <summary>CI's build.</summary>
    internal BuildResult Filling { get; }

    /// <summary>Whoever has built without a key.</summary>
    internal Checkout First => _runners.First;

    /// <summary>The file of somebody's private key.</summary>
    internal string FileOf(string owner) => Path.Combine(_keys, $"{owner}.key");

    /// <summary>The variable that makes a build sign.</summary>
    internal (string Name, string Value) KeyOf(string owner) => ("BPFINCR_SIGNING_KEY_FILE", FileOf(owner));

    /// <summary>The id of somebody's key.</summary>
    internal string IdOf(string owner) =>
        Tool.Run(Repository.Program, "/", ["key", "show", $"{FileOf(owner)}.pub"]).Output.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1].Split('\n')[0];

    /// <summary>A fresh checkout on another machine, whose configuration names a signer.</summary>
    internal Checkout New(string signer = "ci")
    {
        var runner = _runners.New();
        runner.Configure($$"""
            "variants": { "modern": { "cpu": "v3" } },
            "cache": { "signers": ["{{Path.GetRelativePath(runner.Directory, FileOf(signer))}}.pub"] }
            """);
        return runner;
    }

    /// <summary>A copy of the directory, in which every result is changed.</summary>
    internal string CopyOfShared(Func<byte[], byte[]> change)
    {
        var copy = _runners.NewDirectory("copy");
        Tool.Do("cp", "-a", $"{Shared}/.", copy);
        foreach (var path in Directory.GetFiles(Path.Combine(copy, "v1/results"), "*", SearchOption.AllDirectories))
        {
            var content = change(File.ReadAllBytes(path)[32..]);
            File.Delete(path);
            // Its checksum is as right as whoever changes it can make it.
            File.WriteAllBytes(path, [.. SHA256.HashData(content), .. content]);
        }
        return copy;
    }

    /// <summary>A copy of the directory, in which an object is another one, and every result that names it names that.</summary>
    internal string CopyWithAnotherObject(byte[] before, byte[] now)
    {
        var (old, young) = (Hash(before), Hash(now));
        var copy = CopyOfShared(content => Replace(content, Encoding.ASCII.GetBytes(old), Encoding.ASCII.GetBytes(young)));
        var blob = Directory.CreateDirectory(Path.Combine(copy, "v1/blobs", young[..2]));
        File.WriteAllBytes(Path.Combine(blob.FullName, young), now);
        return copy;
    }

    /// <summary>Runs the program on a runner as a user who is not root.</summary>
    internal ToolResult RunAsSomebody(Checkout runner, string shared, IEnumerable<string> arguments, (string, string) variable) =>
        _runners.RunAsSomebody(runner, [shared], arguments, variable);

    /// <inheritdoc/>
    public void Dispose() => _runners.Dispose();

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static byte[] Replace(byte[] content, byte[] old, byte[] young)
    {
        for (var at = content.AsSpan().IndexOf(old); at >= 0; at = content.AsSpan().IndexOf(old))
            young.CopyTo(content, at);
        return content;
    }
}

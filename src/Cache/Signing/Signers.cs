using BpfIncr.Cache.Actions;

namespace BpfIncr.Cache.Signing;

/// <summary>Those whose results are accepted; when nobody is named, those of anyone.</summary>
/// <param name="keys">Their keys.</param>
public sealed class Signers(IReadOnlyList<PublicKey> keys)
{
    /// <summary>Everybody, whether they sign or not.</summary>
    public static Signers Anyone { get; } = new([]);

    /// <summary>The owners of some keys.</summary>
    /// <param name="texts">The keys as <see cref="PublicKey.Text"/> has them.</param>
    /// <exception cref="FormatException">One of them is none.</exception>
    public static Signers Of(IEnumerable<string> texts) => new([.. texts.Select(PublicKey.Parse)]);

    /// <summary>Whether nobody is named.</summary>
    public bool IsAnyone => keys.Count == 0;

    /// <summary>What is to be said against a result's file, whatever is in it, to go on behind its name; null when one of these has signed exactly these bytes.</summary>
    public string? ObjectionTo(ReadOnlySpan<byte> file)
    {
        if (IsAnyone)
            return null;
        if (!ResultSignature.TrySplit(ResultFile.Content(file), out var payload, out var id, out var signature))
            return "is not signed";
        foreach (var key in keys)
            if (id.SequenceEqual(key.IdBytes))
                return key.HasSigned(payload, signature) ? null : $"is not what {key.Id} has signed";
        return $"is signed by {Convert.ToHexStringLower(id)}, who is none of them";
    }
}

namespace BpfIncr.Tests.Support;

/// <summary>
/// Makes inputs that nobody would think of out of ones that are right: bytes change, go, come, are repeated or taken from another
/// input; numbers become those at which programs fail. <c>BPFINCR_TEST_FUZZ</c> says how many, <c>BPFINCR_TEST_SEED</c> where to begin.
/// </summary>
/// <param name="corpus">Inputs that are right.</param>
/// <param name="seed">Where to begin; without it, what the variable says, else always the same.</param>
internal sealed class Mutations(IReadOnlyList<byte[]> corpus, int? seed = null)
{
    private static readonly byte[][] Interesting =
    [
        [0], [0x7f], [0x80], [0xff], [0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0x80], [0xff, 0xff, 0xff, 0xff, 0x0f],
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0, 0, 0, 0, 0, 0, 0, 0x80], "../"u8.ToArray(), "/etc/passwd"u8.ToArray(), "\0"u8.ToArray(),
        "'; DROP TABLE files; --"u8.ToArray(), "%s%n"u8.ToArray(), "é\u0301\u202e"u8.ToArray(), [0xc3, 0x28], [0xed, 0xa0, 0x80],
    ];

    private readonly Random _random = new(seed ?? Amounts.Seed);

    /// <summary>The next input.</summary>
    public byte[] Next()
    {
        var input = new List<byte>(corpus[_random.Next(corpus.Count)]);
        for (var changes = _random.Next(1, 6); changes > 0; changes--)
            Change(input);
        return [.. input];
    }

    private void Change(List<byte> input)
    {
        var at = _random.Next(input.Count + 1);
        var length = Math.Min(input.Count - at, _random.Next(1, 33));
        switch (_random.Next(8))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when at < input.Count:
                input[at] = (byte)_random.Next(256);
                break;
            case 2:
                input.RemoveRange(at, length);
                break;
            case 3:
                input.RemoveRange(at, input.Count - at);
                break;
            case 4:
                var part = input.GetRange(at, length);
                for (var times = _random.Next(1, 20); times > 0; times--)
                    input.InsertRange(at, part);
                break;
            case 5:
                input.InsertRange(at, Interesting[_random.Next(Interesting.Length)]);
                break;
            case 6:
                var number = Interesting[_random.Next(Interesting.Length)];
                input.RemoveRange(at, Math.Min(number.Length, input.Count - at));
                input.InsertRange(at, number);
                break;
            default:
                var other = corpus[_random.Next(corpus.Count)];
                var from = _random.Next(other.Length + 1);
                input.InsertRange(at, other.AsSpan(from, Math.Min(other.Length - from, _random.Next(65))).ToArray());
                break;
        }
    }
}

namespace BpfIncr.Stages.Elf;

/// <summary>
/// The zero-terminated strings of a table, each read once. Where many begin inside of a long one, they could take the square of the
/// table's size; such a table is refused.
/// </summary>
/// <param name="reader">The table.</param>
internal sealed class StringTable(ByteReader reader)
{
    // Linkers let one string be the end of another, of two or three at most.
    private const long MostOften = 64;

    private readonly Dictionary<ulong, string> known = [];
    private long left = MostOften * reader.Length;

    /// <exception cref="MalformedInputException">There is no such string, or there is too much of them.</exception>
    public string this[ulong offset]
    {
        get
        {
            if (known.TryGetValue(offset, out string? text)) return text;
            text = reader.Text(offset);
            left -= text.Length;
            return left >= 0 ? known[offset] = text : throw new MalformedInputException("too many strings overlap");
        }
    }
}

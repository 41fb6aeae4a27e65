namespace BpfIncr.Stages.Codegen.Btf;

/// <summary>One type: where its three header words and what follows them are in the section.</summary>
/// <param name="Offset">Byte offset of the type in the section.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Count">How many members, values, parameters or variables follow; a function's linkage.</param>
internal readonly record struct BtfType(int Offset, BtfKind Kind, int Count)
{
    public const int HeaderSize = 12;

    /// <summary>Byte offset of the first word behind the header.</summary>
    public int Extra => Offset + HeaderSize;

    /// <summary>Bytes of one member, value, parameter or variable.</summary>
    public int EntrySize => Kind switch
    {
        BtfKind.Struct or BtfKind.Union or BtfKind.DataSection or BtfKind.Enum64 => 12,
        BtfKind.Enum or BtfKind.Prototype => 8,
        _ => 0,
    };

    /// <summary>Bytes of the whole type.</summary>
    public int Size => HeaderSize + Kind switch
    {
        BtfKind.Int or BtfKind.Variable or BtfKind.DeclarationTag => 4,
        BtfKind.Array => 12,
        _ => Count * EntrySize,
    };

    /// <summary>Where the numbers of other types are in it, as byte offsets in the section.</summary>
    public IEnumerable<int> References()
    {
        if (Kind is BtfKind.Pointer or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.Function
            or BtfKind.Prototype or BtfKind.Variable or BtfKind.DeclarationTag or BtfKind.TypeTag)
            yield return Offset + 8;
        if (Kind == BtfKind.Array)
        {
            yield return Extra;
            yield return Extra + 4;
        }

        int at = Kind switch { BtfKind.Struct or BtfKind.Union or BtfKind.Prototype => 4, BtfKind.DataSection => 0, _ => -1 };
        for (int i = 0; at >= 0 && i < Count; i++) yield return Extra + (i * EntrySize) + at;
    }
}

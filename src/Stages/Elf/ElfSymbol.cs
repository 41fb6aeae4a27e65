namespace BpfIncr.Stages.Elf;

/// <summary>One entry of a symbol table.</summary>
internal sealed record ElfSymbol(string Name, byte Info, byte Other, ushort Section, ulong Value, ulong Size)
{
    public const byte TypeNone = 0;
    public const byte TypeObject = 1;
    public const byte TypeFunction = 2;
    public const byte TypeSection = 3;
    public const byte TypeFile = 4;
    public const byte GlobalObject = (1 << 4) | TypeObject;
    public const ushort Undefined = 0;
    public const ushort FirstReserved = 0xff00;

    public int Type => Info & 15;

    public bool IsLocal => Info >> 4 == 0;

    public bool HasSection => Section is not Undefined and < FirstReserved;
}

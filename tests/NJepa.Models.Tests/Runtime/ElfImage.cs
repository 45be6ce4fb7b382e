using System.Buffers.Binary;
using System.Text;

namespace NJepa.Models.Tests.Runtime;

/// <summary>Makes the smallest shared library that has version needs: symbols with versions, and relocations to some of them.</summary>
internal sealed class ElfImage
{
    internal const string Version = "GLIBCXX_3.4.32";
    internal const string Symbol = "_ZSt21ios_base_library_initv";

    private readonly List<(string Name, string? Version, bool Defined, bool Relocated)> _symbols = [];
    private readonly HashSet<string> _weak = [];

    internal ElfImage With(string symbol, string? version, bool defined = false, bool relocated = false)
    {
        _symbols.Add((symbol, version, defined, relocated));
        return this;
    }

    internal ElfImage Weak(string version)
    {
        _weak.Add(version);
        return this;
    }

    /// <summary>As TorchSharp's library is: the version for an unused import, among others that are used.</summary>
    internal static ElfImage LikeTorchSharp() => new ElfImage()
        .With("_ZNSt6thread4joinEv", "GLIBCXX_3.4.30", relocated: true)
        .With(Symbol, Version)
        .With("_ZNSo3putEc", "GLIBCXX_3.4", relocated: true)
        .With("THSTensor_new", null, defined: true);

    internal byte[] ToBytes()
    {
        var strings = new MemoryStream();
        strings.WriteByte(0);
        uint Add(string text)
        {
            uint at = (uint)strings.Position;
            strings.Write(Encoding.ASCII.GetBytes(text + "\0"));
            return at;
        }

        string[] versions = _symbols.Select(symbol => symbol.Version).OfType<string>().Distinct().ToArray();
        byte[] symbols = new byte[24 * (_symbols.Count + 1)];
        byte[] indices = new byte[2 * (_symbols.Count + 1)];
        var relocations = new MemoryStream();
        for (int i = 0; i < _symbols.Count; i++)
        {
            Span<byte> symbol = symbols.AsSpan(24 * (i + 1), 24);
            BinaryPrimitives.WriteUInt32LittleEndian(symbol, Add(_symbols[i].Name));
            BinaryPrimitives.WriteUInt16LittleEndian(symbol[6..], (ushort)(_symbols[i].Defined ? 7 : 0));
            int index = _symbols[i].Version is string version ? Array.IndexOf(versions, version) + 2 : 1;
            BinaryPrimitives.WriteUInt16LittleEndian(indices.AsSpan(2 * (i + 1)), (ushort)index);
            if (_symbols[i].Relocated)
            {
                byte[] relocation = new byte[24];
                BinaryPrimitives.WriteUInt64LittleEndian(relocation.AsSpan(8), ((ulong)(i + 1) << 32) | 7);
                relocations.Write(relocation);
            }
        }

        byte[] needs = new byte[16 + 16 * versions.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(needs, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(needs.AsSpan(2), (ushort)versions.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(needs.AsSpan(4), Add("libstdc++.so.6"));
        BinaryPrimitives.WriteUInt32LittleEndian(needs.AsSpan(8), 16);
        for (int i = 0; i < versions.Length; i++)
        {
            Span<byte> need = needs.AsSpan(16 + 16 * i);
            BinaryPrimitives.WriteUInt16LittleEndian(need[4..], (ushort)(_weak.Contains(versions[i]) ? 2 : 0));
            BinaryPrimitives.WriteUInt16LittleEndian(need[6..], (ushort)(i + 2));
            BinaryPrimitives.WriteUInt32LittleEndian(need[8..], Add(versions[i]));
            BinaryPrimitives.WriteUInt32LittleEndian(need[12..], i + 1 < versions.Length ? 16u : 0);
        }

        (uint Type, uint Link, uint Info, byte[] Content)[] sections =
        [
            (0, 0, 0, []),
            (3, 0, 0, strings.ToArray()),
            (11, 1, 1, symbols),
            (0x6fffffff, 2, 0, indices),
            (0x6ffffffe, 1, 1, needs),
            (4, 2, 0, relocations.ToArray()),
        ];
        int table = 64 + sections.Sum(section => section.Content.Length);
        byte[] file = new byte[table + 64 * sections.Length];
        "\u007fELF"u8.CopyTo(file);
        file[4] = 2;
        file[5] = 1;
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(40), (ulong)table);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(58), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(60), (ushort)sections.Length);
        int offset = 64;
        for (int i = 0; i < sections.Length; i++)
        {
            Span<byte> header = file.AsSpan(table + 64 * i);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], sections[i].Type);
            BinaryPrimitives.WriteUInt64LittleEndian(header[24..], (ulong)offset);
            BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)sections[i].Content.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(header[40..], sections[i].Link);
            BinaryPrimitives.WriteUInt32LittleEndian(header[44..], sections[i].Info);
            sections[i].Content.CopyTo(file, offset);
            offset += sections[i].Content.Length;
        }

        return file;
    }
}

// Compiled in two places: by MSBuild when a program is built (the task at the end, against netstandard2.0, hence the older
// calls), and into NJepa.Models, which reads the same tables to explain why a native library would not load.
#nullable enable

namespace NJepa.Build
{
    using System;
    using System.Collections.Generic;
    using System.IO;
    using System.Text;

    /// <summary>What marking a symbol version as weak came to.</summary>
    internal enum WeakVersionOutcome
    {
        /// <summary>The mark was set in the given bytes.</summary>
        Marked,

        /// <summary>The file does not ask for that version.</summary>
        NotNeeded,

        /// <summary>The mark was there before.</summary>
        AlreadyWeak,

        /// <summary>The file was left alone, for the reason given.</summary>
        Refused,
    }

    /// <summary>One symbol version that an ELF file asks of a shared library.</summary>
    internal sealed class VersionNeed
    {
        internal VersionNeed(string library, string name, bool isWeak, int index, int flagsOffset)
        {
            Library = library;
            Name = name;
            IsWeak = isWeak;
            Index = index;
            FlagsOffset = flagsOffset;
        }

        internal string Library { get; }

        internal string Name { get; }

        internal bool IsWeak { get; }

        /// <summary>The number by which .gnu.version refers to this need.</summary>
        internal int Index { get; }

        /// <summary>Where vna_flags lies in the file.</summary>
        internal int FlagsOffset { get; }
    }

    /// <summary>The version needs of a 64-bit little-endian ELF file, read from its sections with every offset checked.</summary>
    internal sealed class ElfVersionNeeds
    {
        internal const ushort WeakFlag = 0x2;

        private const uint SectionSymbolVersions = 0x6fffffff;
        private const uint SectionVersionNeeds = 0x6ffffffe;
        private const uint SectionDynamicSymbols = 11;
        private const uint SectionRelocationsWithAddend = 4;
        private const uint SectionRelocations = 9;

        private readonly byte[] _file;
        private readonly List<Section> _sections = new List<Section>();
        private readonly List<VersionNeed> _needs = new List<VersionNeed>();

        private ElfVersionNeeds(byte[] file)
        {
            _file = file;
        }

        internal IReadOnlyList<VersionNeed> Needs => _needs;

        /// <summary>Reads the tables.</summary>
        /// <exception cref="InvalidDataException">The bytes are not such a file, or an offset points outside them.</exception>
        internal static ElfVersionNeeds Read(byte[] file)
        {
            var elf = new ElfVersionNeeds(file);
            elf.ReadSections();
            elf.ReadNeeds();
            return elf;
        }

        /// <summary>
        /// Marks the need for <paramref name="versionName"/> as weak if nothing but the unused import <paramref name="symbolName"/> depends on it.
        /// Changes <paramref name="file"/> only when the outcome is <see cref="WeakVersionOutcome.Marked"/>.
        /// </summary>
        internal static WeakVersionOutcome MarkWeak(byte[] file, string versionName, string symbolName, out string reason)
        {
            reason = string.Empty;
            try
            {
                ElfVersionNeeds elf = Read(file);
                var strong = new List<VersionNeed>();
                bool weak = false;
                foreach (VersionNeed need in elf.Needs)
                {
                    if (need.Name == versionName)
                    {
                        weak |= need.IsWeak;
                        if (!need.IsWeak)
                        {
                            strong.Add(need);
                        }
                    }
                }

                if (strong.Count == 0)
                {
                    return weak ? WeakVersionOutcome.AlreadyWeak : WeakVersionOutcome.NotNeeded;
                }

                foreach (VersionNeed need in strong)
                {
                    reason = elf.WhyNeeded(need, symbolName);
                    if (reason.Length > 0)
                    {
                        return WeakVersionOutcome.Refused;
                    }
                }

                foreach (VersionNeed need in strong)
                {
                    int flags = elf.U16(need.FlagsOffset) | WeakFlag;
                    file[need.FlagsOffset] = (byte)flags;
                    file[need.FlagsOffset + 1] = (byte)(flags >> 8);
                }

                return WeakVersionOutcome.Marked;
            }
            catch (InvalidDataException exception)
            {
                reason = exception.Message;
                return WeakVersionOutcome.Refused;
            }
        }

        /// <summary>Why the version is needed in earnest, or an empty string when only the unused import carries it.</summary>
        private string WhyNeeded(VersionNeed need, string symbolName)
        {
            Section versions = Single(SectionSymbolVersions, ".gnu.version");
            Section symbols = Single(SectionDynamicSymbols, ".dynsym");
            Section strings = Linked(symbols);
            int count = symbols.Size / 24;
            if (versions.Size / 2 < count)
            {
                throw new InvalidDataException(".gnu.version has fewer entries than .dynsym");
            }

            var carriers = new HashSet<int>();
            for (int i = 0; i < count; i++)
            {
                if ((U16(versions.Offset + 2 * i) & 0x7fff) != need.Index)
                {
                    continue;
                }

                string name = Text(strings, U32(symbols.Offset + 24 * i));
                if (name != symbolName)
                {
                    return "the symbol " + name + " needs it too";
                }

                if (U16(symbols.Offset + 24 * i + 6) != 0)
                {
                    return "the symbol " + name + " is defined in the file";
                }

                carriers.Add(i);
            }

            foreach (Section section in _sections)
            {
                bool addend = section.Type == SectionRelocationsWithAddend;
                if (!addend && section.Type != SectionRelocations)
                {
                    continue;
                }

                int size = addend ? 24 : 16;
                for (int offset = section.Offset; offset + size <= section.Offset + section.Size; offset += size)
                {
                    if (carriers.Contains((int)(U64(offset + 8) >> 32)))
                    {
                        return "a relocation refers to " + symbolName;
                    }
                }
            }

            return string.Empty;
        }

        private void ReadSections()
        {
            if (_file.Length < 64 || U32(0) != 0x464c457f)
            {
                throw new InvalidDataException("not an ELF file");
            }

            if (_file[4] != 2 || _file[5] != 1)
            {
                throw new InvalidDataException("not a 64-bit little-endian ELF file");
            }

            int table = Offset(U64(40));
            int size = U16(58);
            int count = U16(60);
            if (table == 0 || count == 0)
            {
                throw new InvalidDataException("no section headers");
            }

            if (size != 64)
            {
                throw new InvalidDataException("section headers of " + size + " bytes where 64 were expected");
            }

            for (int i = 0; i < count; i++)
            {
                int header = Offset((ulong)table + (ulong)(64 * i));
                Check(header, 64);
                var section = new Section { Type = U32(header + 4), Link = U32(header + 40), Info = U32(header + 44) };
                const uint noBits = 8;
                if (section.Type != noBits)
                {
                    section.Offset = Offset(U64(header + 24));
                    section.Size = Offset(U64(header + 32));
                    Check(section.Offset, section.Size);
                }

                _sections.Add(section);
            }
        }

        private void ReadNeeds()
        {
            foreach (Section section in _sections)
            {
                if (section.Type != SectionVersionNeeds)
                {
                    continue;
                }

                Section strings = Linked(section);
                long entry = 0;
                for (uint i = 0; i < section.Info; i++)
                {
                    int verneed = At(section, entry);
                    string library = Text(strings, U32(verneed + 4));
                    long auxiliary = entry + U32(verneed + 8);
                    int count = U16(verneed + 2);
                    for (int j = 0; j < count; j++)
                    {
                        int vernaux = At(section, auxiliary);
                        string name = Text(strings, U32(vernaux + 8));
                        bool weak = (U16(vernaux + 4) & WeakFlag) != 0;
                        _needs.Add(new VersionNeed(library, name, weak, U16(vernaux + 6) & 0x7fff, vernaux + 4));
                        auxiliary += Next(vernaux + 12, j + 1 < count);
                    }

                    entry += Next(verneed + 12, i + 1 < section.Info);
                }
            }
        }

        /// <summary>The distance to the next record. A chain that ends early would otherwise read one record again and again.</summary>
        private uint Next(int offset, bool more)
        {
            uint next = U32(offset);
            if (more && next < 16)
            {
                throw new InvalidDataException("a chain in .gnu.version_r ends too early");
            }

            return next;
        }

        private static int At(Section section, long offset)
        {
            if (offset < 0 || offset + 16 > section.Size)
            {
                throw new InvalidDataException(".gnu.version_r points outside itself");
            }

            return section.Offset + (int)offset;
        }

        private Section Single(uint type, string name)
        {
            Section? found = null;
            foreach (Section section in _sections)
            {
                if (section.Type == type)
                {
                    if (found != null)
                    {
                        throw new InvalidDataException("more than one " + name + " section");
                    }

                    found = section;
                }
            }

            return found ?? throw new InvalidDataException("no " + name + " section");
        }

        private Section Linked(Section section)
        {
            if (section.Link >= _sections.Count)
            {
                throw new InvalidDataException("a section refers to a string table that does not exist");
            }

            return _sections[(int)section.Link];
        }

        private string Text(Section strings, uint offset)
        {
            if (offset >= strings.Size)
            {
                throw new InvalidDataException("a name lies outside its string table");
            }

            int start = strings.Offset + (int)offset;
            int end = Array.IndexOf(_file, (byte)0, start, strings.Size - (int)offset);
            if (end < 0)
            {
                throw new InvalidDataException("a name in a string table has no end");
            }

            return Encoding.UTF8.GetString(_file, start, end - start);
        }

        private int Offset(ulong value)
        {
            if (value > (ulong)_file.Length)
            {
                throw new InvalidDataException("an offset or size points outside the file");
            }

            return (int)value;
        }

        private void Check(int offset, int length)
        {
            if (offset < 0 || length < 0 || offset > _file.Length - length)
            {
                throw new InvalidDataException("an offset or size points outside the file");
            }
        }

        private int U16(int offset)
        {
            Check(offset, 2);
            return _file[offset] | (_file[offset + 1] << 8);
        }

        private uint U32(int offset)
        {
            Check(offset, 4);
            return (uint)(U16(offset) | (U16(offset + 2) << 16));
        }

        private ulong U64(int offset) => U32(offset) | ((ulong)U32(offset + 4) << 32);

        private sealed class Section
        {
            internal uint Type { get; set; }

            internal uint Link { get; set; }

            internal uint Info { get; set; }

            internal int Offset { get; set; }

            internal int Size { get; set; }
        }
    }
}

#if !NJEPA_MODELS
namespace NJepa.Build
{
    using System;
    using System.IO;
    using Microsoft.Build.Framework;
    using Microsoft.Build.Utilities;

    /// <summary>Writes a copy of a shared library in which one symbol version need is weak; leaves none where none is called for.</summary>
    public sealed class MarkSymbolVersionWeak : Task
    {
        /// <summary>The package's file. Only read.</summary>
        [Required]
        public string Source { get; set; } = "";

        /// <summary>Where the copy goes.</summary>
        [Required]
        public string Destination { get; set; } = "";

        /// <summary>A small file that says what was done, with the time of <see cref="Source"/>.</summary>
        [Required]
        public string Stamp { get; set; } = "";

        /// <summary>The version to mark, such as GLIBCXX_3.4.32.</summary>
        [Required]
        public string VersionName { get; set; } = "";

        /// <summary>The one symbol that may carry it.</summary>
        [Required]
        public string SymbolName { get; set; } = "";

        /// <summary>The MSBuild property that the messages name.</summary>
        [Required]
        public string SwitchOffProperty { get; set; } = "";

        /// <inheritdoc />
        public override bool Execute()
        {
            try
            {
                byte[] file = File.ReadAllBytes(Source);
                WeakVersionOutcome outcome = ElfVersionNeeds.MarkWeak(file, VersionName, SymbolName, out string reason);
                Directory.CreateDirectory(Path.GetDirectoryName(Destination)!);
                string name = Path.GetFileName(Source);
                string said;
                if (outcome == WeakVersionOutcome.Marked)
                {
                    // Copying skips files of equal size and time, so the copy must not have the time of the original: either may lie in the output.
                    Replace(Destination, file, File.GetLastWriteTimeUtc(Source).AddSeconds(2));
                    said = "NJepa: " + name + " loads with GCC 12's libstdc++ too (its need for " + VersionName + " is now weak); "
                        + SwitchOffProperty + "=false switches this off.";
                    Log.LogMessage(MessageImportance.High, said);
                }
                else
                {
                    // A copy from an earlier build must not outlive its reason.
                    File.Delete(Destination);
                    said = outcome == WeakVersionOutcome.Refused
                        ? "NJepa: " + Source + " is used as it is, and may not load where libstdc++ is older than GCC 13's: " + reason + "."
                        : "NJepa: " + name + " is used as it is; it loads without " + VersionName + ".";
                    Log.LogMessage(outcome == WeakVersionOutcome.Refused ? MessageImportance.High : MessageImportance.Low, said);
                }

                Replace(Stamp, System.Text.Encoding.UTF8.GetBytes(said + "\n"), File.GetLastWriteTimeUtc(Source));
                return true;
            }
            catch (Exception exception) when (exception is IOException || exception is UnauthorizedAccessException)
            {
                Log.LogError("NJepa: could not prepare {0}: {1} Set {2}=false to use the package's file as it is.", Source, exception.Message, SwitchOffProperty);
                return false;
            }
        }

        /// <summary>Writes beside and renames over: output files may be hard links, and writing into one would change all.</summary>
        private static void Replace(string path, byte[] bytes, DateTime time)
        {
            string beside = path + "." + Guid.NewGuid().ToString("N") + ".tmp";
            try
            {
                File.WriteAllBytes(beside, bytes);
                File.SetLastWriteTimeUtc(beside, time);
                File.Delete(path);
                File.Move(beside, path);
            }
            finally
            {
                File.Delete(beside);
            }
        }
    }
}
#endif

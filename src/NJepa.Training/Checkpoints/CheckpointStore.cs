using System.Security.Cryptography;

namespace NJepa.Training;

/// <summary>
/// The folder of a run's checkpoints. What each step of writing one is there for:
/// <list type="number">
/// <item>A folder of another name is filled: a process that is killed in the middle leaves the earlier checkpoints as they are, and nothing that looks like a new one.</item>
/// <item>Each file is flushed to the disk before the manifest is written: a manifest never vouches for bytes that a power failure takes away.</item>
/// <item>The manifest comes last, with lengths and SHA-256: bits that a disk turns, and files that are cut off, are noticed when they are read.</item>
/// <item>The folder's names are flushed, then the folder is renamed, in one step that the file system does whole or not at all, then the names around it are flushed.</item>
/// <item>Only then are older checkpoints deleted; each is renamed first, so that one half deleted is not taken for one half written.</item>
/// </list>
/// </summary>
/// <remarks>One process at a time, which <see cref="RunLock"/> sees to.</remarks>
internal sealed class CheckpointStore(string outputFolder)
{
    private const int BufferBytes = 1 << 20;

    /// <summary>The folder of checkpoints.</summary>
    public string Root { get; } = Path.Combine(outputFolder, CheckpointFiles.Folder);

    /// <summary>Opens a file of a checkpoint in the making; replaced by tests to be a disk that fails.</summary>
    public Func<string, Stream> Create { get; set; } = path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferBytes);

    /// <summary>Told before a checkpoint is deleted; set by tests to be a file that somebody holds open.</summary>
    public Action<string>? BeforeDelete { get; set; }

    /// <summary>Whether what is here is of an earlier run that is over: it stays until the first checkpoint of this one is whole.</summary>
    public bool ReplacesEarlier { get; set; }

    /// <summary>Takes away what killed processes left half written or half deleted, and brings back what one had put aside for a checkpoint that never came.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public void RemoveLeftovers()
    {
        if (!Directory.Exists(Root))
        {
            return;
        }

        foreach (string folder in Directory.EnumerateDirectories(Root).ToList())
        {
            if (CheckpointFiles.IsLeftover(Path.GetFileName(folder)))
            {
                // One that cannot be deleted takes room, but is never read: no reason not to run.
                TryDelete(folder);
            }
        }

        foreach ((string folder, string name, long by) in Replaced())
        {
            if (Directory.Exists(Path.Combine(Root, CheckpointFiles.Name(by))))
            {
                TryDelete(folder);
            }
            else
            {
                Directory.Move(folder, Path.Combine(Root, name));
            }
        }
    }

    /// <summary>The names of checkpoints that were set aside, damaged or of another branch.</summary>
    public IReadOnlyList<string> SetAsideNames() => !Directory.Exists(Root) ? [] : [.. Directory.EnumerateDirectories(Root).Select(folder => Path.GetFileName(folder)).Where(CheckpointFiles.IsSetAside).Order(StringComparer.Ordinal)];

    /// <summary>All finished checkpoints, newest first; whether they are whole is found out by <see cref="Problem"/>.</summary>
    public IReadOnlyList<(long Step, string Folder)> List() => !Directory.Exists(Root)
        ? []
        :
        [
            .. Directory.EnumerateDirectories(Root)
                .Select(folder => (Step: CheckpointFiles.Step(Path.GetFileName(folder)), Folder: folder))
                .Where(found => found.Step is not null)
                .Select(found => (found.Step!.Value, found.Folder))
                .OrderByDescending(found => found.Value),
        ];

    /// <summary>Why a checkpoint cannot be used; null when it is complete and every bit is as it was written. Reads all of it.</summary>
    public static string? Problem(string folder)
    {
        try
        {
            CheckpointManifest manifest = CheckpointManifest.Read(folder);
            if (CheckpointFiles.Step(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))) is { } named && named != manifest.Step)
            {
                return $"its manifest is that of step {manifest.Step}";
            }

            foreach (string name in CheckpointFiles.All)
            {
                ManifestEntry? file = manifest.Files.FirstOrDefault(file => file.Name == name);
                if (file is null)
                {
                    return $"its manifest does not list {name}";
                }

                string path = Path.Combine(folder, name);
                if (!File.Exists(path))
                {
                    return $"{name} is missing";
                }

                using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes);
                if (stream.Length != file.Length)
                {
                    return $"{name} has {stream.Length} bytes, and had {file.Length}";
                }

                if (Convert.ToHexStringLower(SHA256.HashData(stream)) != file.Sha256)
                {
                    return $"{name} was damaged: its SHA-256 is not what it was";
                }
            }

            long step = TrainerState.Read(folder).Step;
            return step == manifest.Step ? null : $"its trainer.json is that of step {step}";
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>Writes a checkpoint.</summary>
    /// <returns>Its folder.</returns>
    /// <exception cref="IOException">It cannot be written; earlier ones are as they were.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public string Write(CheckpointContent content)
    {
        string folder = Path.Combine(Root, CheckpointFiles.Name(content.Step)), partial = $"{folder}.{Guid.NewGuid():N}{CheckpointFiles.PartialSuffix}";
        if (Directory.Exists(folder) && !ReplacesEarlier)
        {
            // The same step of the same run, as when a run is resumed and stopped at once. A folder cannot take the place of another in one step: what is whole stays.
            if (Problem(folder) is null)
            {
                return folder;
            }

            SetAside(folder, CheckpointFiles.DamagedSuffix);
        }
        else if (File.Exists(folder))
        {
            // A file of that name is none of ours, and would stop the run at this step again and again.
            File.Move(folder, $"{folder}.{Guid.NewGuid():N}{CheckpointFiles.DamagedSuffix}");
        }

        try
        {
            Directory.CreateDirectory(partial);
            var manifest = new CheckpointManifest(content.Step,
            [
                WriteFile(partial, CheckpointFiles.Model, content.Weights.Write),
                WriteFile(partial, CheckpointFiles.Optimizer, content.Optimizer.Write),
                WriteFile(partial, CheckpointFiles.Trainer, stream => stream.Write(content.Trainer)),
            ]);
            WriteFile(partial, CheckpointManifest.FileName, stream => stream.Write(manifest.ToBytes()));
            DurableFolder.Flush(partial);
            if (ReplacesEarlier)
            {
                // That of the same step first: from then on a folder of this step's name is the new one, and what a killed process leaves can be told.
                foreach ((_, string earlier) in List().OrderByDescending(found => found.Step == content.Step))
                {
                    Directory.Move(earlier, Path.Combine(Root, CheckpointFiles.Replaced(Path.GetFileName(earlier), content.Step)));
                }
            }

            Directory.Move(partial, folder);
            DurableFolder.Flush(Root);
            if (ReplacesEarlier)
            {
                Replaced().ForEach(found => TryDelete(found.Folder));
                ReplacesEarlier = false;
            }

            return folder;
        }
        catch
        {
            TryDelete(partial);
            throw;
        }
    }

    /// <summary>Deletes old checkpoints, as seen from the one that was just written: what has a higher step is not this run's to judge.</summary>
    public void Prune(long written, int keepLast, long? keepEvery)
    {
        foreach ((_, string folder) in List().Where(found => found.Step <= written).Skip(keepLast).Where(found => keepEvery is not { } every || found.Step % every != 0))
        {
            Delete(folder);
        }
    }

    /// <summary>Puts a checkpoint aside under a name that is not found any more.</summary>
    public static void SetAside(string folder, string suffix)
    {
        string aside = folder + suffix;
        for (int i = 2; Directory.Exists(aside); i++)
        {
            aside = FormattableString.Invariant($"{folder}{suffix}-{i}");
        }

        Directory.Move(folder, aside);
    }

    private List<(string Folder, string Name, long By)> Replaced() =>
    [
        .. from folder in Directory.EnumerateDirectories(Root)
           let replacement = CheckpointFiles.Replacement(Path.GetFileName(folder))
           where replacement is not null
           select (folder, replacement.Value.Name, replacement.Value.By),
    ];

    private void Delete(string folder)
    {
        BeforeDelete?.Invoke(folder);
        string deleted = $"{folder}.{Guid.NewGuid():N}{CheckpointFiles.DeletedSuffix}";
        Directory.Move(folder, deleted);
        Directory.Delete(deleted, recursive: true);
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is being reported already matters more; the next run tries again.
        }
    }

    private ManifestEntry WriteFile(string folder, string name, Action<Stream> write)
    {
        string path = Path.Combine(folder, name);
        try
        {
            using Stream stream = Create(path);
            using var hash = SHA256.Create();
            using (var hashing = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true))
            {
                write(hashing);
            }

            if (stream is FileStream file)
            {
                file.Flush(flushToDisk: true);
            }

            return new ManifestEntry(name, stream.Length, Convert.ToHexStringLower(hash.Hash!));
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw FileLimit.Explain(path, exception);
        }
    }
}

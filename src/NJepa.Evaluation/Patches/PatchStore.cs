using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>Rows of numbers of one width in float16 or float32, in pieces: one array would end at two thousand million elements.</summary>
internal sealed class PatchStore
{
    private const long PieceBytes = 64L << 20;

    private readonly List<byte[]> _pieces = [];
    private readonly int _rowsPerPiece;

    /// <param name="rowLength">Numbers in a row.</param>
    /// <param name="precision">Their type.</param>
    /// <param name="expectedRows">How many rows will come; more may.</param>
    public PatchStore(int rowLength, PatchPrecision precision, int expectedRows)
    {
        RowLength = rowLength;
        Precision = precision;
        RowBytes = (long)rowLength * (precision == PatchPrecision.Float16 ? 2 : sizeof(float));
        _rowsPerPiece = (int)Math.Clamp(PieceBytes / RowBytes, 1, Math.Max(1, expectedRows));
    }

    public int RowLength { get; }

    public PatchPrecision Precision { get; }

    public long RowBytes { get; }

    public int Count { get; private set; }

    public ScalarType Type => Precision == PatchPrecision.Float16 ? ScalarType.Float16 : ScalarType.Float32;

    /// <summary>Adds whole rows.</summary>
    /// <exception cref="EvaluationException">There is not enough memory.</exception>
    public void Append(ReadOnlySpan<float> rows)
    {
        for (int i = 0; i < rows.Length / RowLength; i++)
        {
            if (Count == _pieces.Count * _rowsPerPiece)
            {
                _pieces.Add(NewPiece());
            }

            Write(rows.Slice(i * RowLength, RowLength), Row(Count));
            Count++;
        }
    }

    /// <summary>Adds a row of another store of the same width and type.</summary>
    public void Append(PatchStore other, int row)
    {
        if (Count == _pieces.Count * _rowsPerPiece)
        {
            _pieces.Add(NewPiece());
        }

        other.Row(row).CopyTo(Row(Count));
        Count++;
    }

    public void CopyTo(int row, Span<float> target)
    {
        ReadOnlySpan<byte> bytes = Row(row);
        if (Precision == PatchPrecision.Float32)
        {
            MemoryMarshal.Cast<byte, float>(bytes).CopyTo(target);
            return;
        }

        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
        for (int i = 0; i < halves.Length; i++)
        {
            target[i] = (float)halves[i];
        }
    }

    /// <summary>Some rows as a float32 tensor <c>[rows, RowLength]</c>.</summary>
    public Tensor Gather(ReadOnlySpan<int> rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor kept = empty(rows.Length, RowLength, dtype: Type);
        for (int i = 0; i < rows.Length; i++)
        {
            // A handle of its own for each row: a span holds at most 2 GiB, a batch may be larger.
            using Tensor target = kept.select(0, i);
            Row(rows[i]).CopyTo(target.bytes);
        }

        return kept.to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    private Span<byte> Row(int row) => _pieces[row / _rowsPerPiece].AsSpan((int)(row % _rowsPerPiece * RowBytes), (int)RowBytes);

    private void Write(ReadOnlySpan<float> values, Span<byte> target)
    {
        if (Precision == PatchPrecision.Float32)
        {
            MemoryMarshal.AsBytes(values).CopyTo(target);
            return;
        }

        Span<Half> halves = MemoryMarshal.Cast<byte, Half>(target);
        for (int i = 0; i < values.Length; i++)
        {
            halves[i] = (Half)values[i];
        }
    }

    private byte[] NewPiece()
    {
        try
        {
            return new byte[_rowsPerPiece * RowBytes];
        }
        catch (OutOfMemoryException exception)
        {
            throw new EvaluationException(
                $"Memory ran out after the patch features of {Count} images, {Count * RowBytes} bytes. Use fewer images, or set {nameof(PatchCacheOptions)}.{nameof(PatchCacheOptions.MaximumBytes)} to what the machine has, to be told beforehand.",
                exception);
        }
    }
}

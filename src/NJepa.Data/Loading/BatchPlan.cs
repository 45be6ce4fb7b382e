namespace NJepa.Data;

/// <summary>Which images make up a batch: places [start, start + count) of an epoch's order.</summary>
internal sealed record BatchPlan(int Epoch, long Step, int[]? Order, long Start, int Count)
{
    /// <summary>The source's index of the image at a place of the batch. Without an order, that of the source holds.</summary>
    public int IndexAt(int place) => Order is null ? (int)(Start + place) : Order[Start + place];
}

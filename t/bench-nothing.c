/* The least a super-server can start: the floor under what a connection costs. */
int main(void)
{
    return 0;
}
